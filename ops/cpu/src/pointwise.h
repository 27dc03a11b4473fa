// The step between the filters: a clamped leaky ReLU, or the derivative that one left.

#pragma once

#include "fir.h"
#include "job.h"

namespace {

struct Pointwise {
    float slope, clamp;
};

#if defined(__AVX512DQ__)
// The same as below, with lanes chosen by mask registers.
template <int STEP> INLINE Vec pointwise(const Vec& in, const Pointwise& p, uint32_t* mask) {
    const __m512 v = (__m512)in.part[0], slope = _mm512_set1_ps(p.slope);
    if constexpr (STEP == LINEAR) {
        return in;
    } else if constexpr (STEP == APPLY_MASK) {
        const __m512 x = _mm512_mask_mul_ps(v, __mmask16(*mask), v, slope);
        return each_part(
            [&](size_t) { return (Part)_mm512_maskz_mov_ps(__mmask16(~(*mask >> 16)), x); });
    } else {
        const __m512 clamp = _mm512_set1_ps(p.clamp);
        const __mmask16 negative = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_LE_OQ);
        __m512 x = _mm512_mask_mul_ps(v, negative, v, slope);
        if constexpr (STEP == ACTIVATE_MASK) {
            const __mmask16 clamped = _mm512_cmp_ps_mask(_mm512_abs_ps(x), clamp, _CMP_GT_OQ);
            *mask = uint32_t(negative) | uint32_t(clamped) << 16;
        }
        // Of a NaN and a limit both return their second argument: it must reach the loss.
        x = _mm512_min_ps(clamp, x);
        return each_part([&](size_t) { return (Part)_mm512_max_ps(-clamp, x); });
    }
}
#else
template <int STEP> INLINE Vec pointwise(const Vec& in, const Pointwise& p, uint32_t* mask) {
    uint32_t bits = 0;
    const Vec out = each_part([&](size_t i) {
        Part v = in.part[i];
        const Part slope = splat_part(p.slope), clamp = splat_part(p.clamp);
        if constexpr (STEP == APPLY_MASK) {
            const uint32_t own = *mask >> (i * PART_LANES);
            v = unpack_part(own) ? v * slope : v;
            v = (Part)((IntPart)v & ~unpack_part(own >> LANES));
        } else if constexpr (STEP != LINEAR) {
            // At zero the derivative is the slope, as PyTorch has it.
            const IntPart negative = v <= 0.0f;
            v = negative ? v * slope : v;
            // A NaN passes both comparisons: it must reach the loss, where training looks for it.
            const IntPart above = v > clamp, below = v < -clamp;
            if constexpr (STEP == ACTIVATE_MASK)
                bits |= (pack_part(negative) | pack_part(above | below) << LANES)
                        << (i * PART_LANES);
            v = below ? -clamp : (above ? clamp : v);
        }
        return v;
    });
    if constexpr (STEP == ACTIVATE_MASK) *mask = bits;
    return out;
}
#endif

// dst[f][c] = pointwise(sum_j taps[f][j] * rows[j][c]) for the F tmp rows that share their inputs
template <int J, int F, int STEP>
void column_step(const Vec* const* rows, Vec* const* dst, int count, const float* taps, int j_run,
                 const Pointwise& p, uint32_t* const* masks) {
    fir_columns<J, F>(rows, dst, count, taps, j_run, [&](const Vec& v, int f, int c) {
        return pointwise<STEP>(v, p, masks[f] + c);
    });
}

// The step alone, in place, behind a two-dimensional upsampling filter.
template <int STEP> void row_step(Vec* row, int count, const Pointwise& p, uint32_t* mask) {
    for (int c = 0; c < count; c++) row[c] = pointwise<STEP>(row[c], p, mask + c);
}

using ColumnStepFn = void (*)(const Vec* const*, Vec* const*, int, const float*, int,
                              const Pointwise&, uint32_t* const*);
using RowStepFn = void (*)(Vec*, int, const Pointwise&, uint32_t*);

template <int STEP> ColumnStepFn choose_column_step(int j, int f) {
    if (f == 2) {
        if (j == 2) return column_step<2, 2, STEP>;
        if (j == 6) return column_step<6, 2, STEP>;
        return column_step<0, 2, STEP>;
    }
    if (f == 4) {
        if (j == 6) return column_step<6, 4, STEP>;
        return column_step<0, 4, STEP>;
    }
    if (j == 1) return column_step<1, 1, STEP>;
    if (j == 6) return column_step<6, 1, STEP>;
    return column_step<0, 1, STEP>;
}

ColumnStepFn choose_column_step(int j, int f, int step) {
    switch (step) {
        case LINEAR: return choose_column_step<LINEAR>(j, f);
        case ACTIVATE: return choose_column_step<ACTIVATE>(j, f);
        case ACTIVATE_MASK: return choose_column_step<ACTIVATE_MASK>(j, f);
        default: return choose_column_step<APPLY_MASK>(j, f);
    }
}

RowStepFn choose_row_step(int step) {
    switch (step) {
        case LINEAR: return row_step<LINEAR>;
        case ACTIVATE: return row_step<ACTIVATE>;
        case ACTIVATE_MASK: return row_step<ACTIVATE_MASK>;
        default: return row_step<APPLY_MASK>;
    }
}

}  // namespace
