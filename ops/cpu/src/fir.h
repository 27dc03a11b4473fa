// FIR loops over rows of vectors. A template argument of 0 means "known at run time only".

#pragma once

#include "simd.h"

namespace {

constexpr int MAX_TAPS = 256;
constexpr int MAX_FACTOR = 64;
// Outputs computed together, sharing their loads: as many as the registers hold.
constexpr int BLOCK = 4;
constexpr int PLANE_BLOCK = PARTS == 1 ? 8 : 4;

// sums[q] += sum_k taps[k] * source(q * D + k): every source is loaded once.
template <int K, int D, int OUTPUTS, typename Source>
INLINE void accumulate(Vec (&sums)[OUTPUTS], const Part (&taps)[K], Source source) {
#pragma GCC unroll 64
    for (int p = 0; p < (OUTPUTS - 1) * D + K; p++) {
        const Vec v = source(p);
#pragma GCC unroll 8
        for (int q = 0; q < OUTPUTS; q++) {
            const int k = p - q * D;
            if (k >= 0 && k < K) sums[q] = add_product(sums[q], v, taps[k]);
        }
    }
}

template <int K> INLINE void splat_taps(Part (&to)[K], const float* taps) {
#pragma GCC unroll 32
    for (int k = 0; k < K; k++) to[k] = splat_part(taps[k]);
}

// dst[m * dst_step] = sum_k taps[k] * src[m * D + k]
template <int K, int D>
void fir_row(const Vec* src, Vec* dst, int dst_step, int count, const float* taps, int k_run,
             int d_run) {
    const int size = K ? K : k_run, stride = D ? D : d_run;
    int m = 0;
    if constexpr (K != 0 && D != 0) {
        Part t[K];
        splat_taps(t, taps);
        for (; m + BLOCK <= count; m += BLOCK) {
            Vec sums[BLOCK] = {};
            const Vec* s = src + m * D;
            accumulate<K, D>(sums, t, [&](int p) { return s[p]; });
#pragma GCC unroll 8
            for (int q = 0; q < BLOCK; q++) dst[(m + q) * dst_step] = sums[q];
        }
    }
    for (; m < count; m++) {
        Vec sum = {};
        for (int k = 0; k < size; k++)
            sum = add_product(sum, src[m * stride + k], splat_part(taps[k]));
        dst[m * dst_step] = sum;
    }
}

// dst[m * dst_step] = sum_y sum_k taps[y * taps_step + k] * rows[y][m * D + k], K rows of K taps.
// MIRROR: row K - 1 - y has the taps of row y, the upper half of which is given.
template <int K, int D, bool MIRROR>
void fir_plane(const Vec* const* rows, Vec* dst, int dst_step, int count, const float* taps,
               int taps_step, int k_run, int d_run) {
    const int size = K ? K : k_run, stride = D ? D : d_run;
    const int distinct = MIRROR ? size / 2 : size;
    auto source = [&](int y, int p) {
        return MIRROR ? rows[y][p] + rows[size - 1 - y][p] : rows[y][p];
    };
    int m = 0;
    if constexpr (K != 0 && D != 0) {
        for (; m + PLANE_BLOCK <= count; m += PLANE_BLOCK) {
            Vec sums[PLANE_BLOCK] = {};
            for (int y = 0; y < distinct; y++) {
                Part t[K];
                splat_taps(t, taps + y * taps_step);
                accumulate<K, D>(sums, t, [&](int p) { return source(y, m * D + p); });
            }
#pragma GCC unroll 8
            for (int q = 0; q < PLANE_BLOCK; q++) dst[(m + q) * dst_step] = sums[q];
        }
    }
    for (; m < count; m++) {
        Vec sum = {};
        for (int y = 0; y < distinct; y++)
            for (int k = 0; k < size; k++)
                sum = add_product(sum, source(y, m * stride + k),
                                  splat_part(taps[y * taps_step + k]));
        dst[m * dst_step] = sum;
    }
}

// sums[f] += sum_k taps[f * K + k] * rows[k][c], for the F outputs that share their inputs.
template <int K, int F>
INLINE void accumulate_column(Vec (&sums)[F], const Part (&taps)[F * K], const Vec* const* rows,
                              int c) {
#pragma GCC unroll 32
    for (int k = 0; k < K; k++) {
        const Vec v = rows[k][c];
#pragma GCC unroll 4
        for (int f = 0; f < F; f++) sums[f] = add_product(sums[f], v, taps[f * K + k]);
    }
}

// dst[f][c] = finish(sum_k taps[f * K + k] * rows[k][c], f, c)
template <int K, int F, typename Finish>
INLINE void fir_columns(const Vec* const* rows, Vec* const* dst, int count, const float* taps,
                        int k_run, Finish finish) {
    if constexpr (K != 0) {
        Part t[F * K];
        splat_taps(t, taps);
        const Vec* r[K];
        for (int k = 0; k < K; k++) r[k] = rows[k];
        for (int c = 0; c < count; c++) {
            Vec sums[F] = {};
            accumulate_column<K, F>(sums, t, r, c);
#pragma GCC unroll 4
            for (int f = 0; f < F; f++) dst[f][c] = finish(sums[f], f, c);
        }
    } else {
        for (int f = 0; f < F; f++)
            for (int c = 0; c < count; c++) {
                Vec sum = {};
                for (int k = 0; k < k_run; k++)
                    sum = add_product(sum, rows[k][c], splat_part(taps[f * k_run + k]));
                dst[f][c] = finish(sum, f, c);
            }
    }
}

// dst[c] = sum_k taps[k] * rows[k][c]
template <int K>
void fir_column(const Vec* const* rows, Vec* dst, int count, const float* taps, int k_run) {
    fir_columns<K, 1>(rows, &dst, count, taps, k_run, [](const Vec& v, int, int) { return v; });
}

using RowFn = void (*)(const Vec*, Vec*, int, int, const float*, int, int);
using PlaneFn = void (*)(const Vec* const*, Vec*, int, int, const float*, int, int, int);
using ColumnFn = void (*)(const Vec* const*, Vec*, int, const float*, int);

RowFn choose_row(int k, int d) {
    if (d == 1) {
        switch (k) {
            case 1: return fir_row<1, 1>;
            case 2: return fir_row<2, 1>;
            case 4: return fir_row<4, 1>;
            case 6: return fir_row<6, 1>;
            case 12: return fir_row<12, 1>;
        }
    } else if (d == 2) {
        switch (k) {
            case 4: return fir_row<4, 2>;
            case 12: return fir_row<12, 2>;
        }
    } else if (d == 4 && k == 24) {
        return fir_row<24, 4>;
    }
    return fir_row<0, 0>;
}

template <bool MIRROR> PlaneFn choose_plane(int k, int d) {
    if (k == 12 && d == 2) return fir_plane<12, 2, MIRROR>;
    if (k == 6 && d == 1) return fir_plane<6, 1, MIRROR>;
    return fir_plane<0, 0, MIRROR>;
}

ColumnFn choose_column(int k) {
    switch (k) {
        case 1: return fir_column<1>;
        case 4: return fir_column<4>;
        case 12: return fir_column<12>;
        case 24: return fir_column<24>;
    }
    return fir_column<0>;
}

}  // namespace
