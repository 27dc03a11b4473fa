// One kernel for upfirdn2d, filtered_lrelu and their derivatives, on channels-last images.
//
// Upsample with a FIR filter, apply a pointwise step, downsample with a FIR filter. Work is cut
// into tiles of 16 channels times a block of output pixels; inside a tile rows stream through
// small ring buffers that stay in cache, so the upsampled image never exists in memory:
//
//     input row -> [FIR along x] -> ring of input-rate rows -> [FIR along y, pointwise step]
//               -> [FIR along x] -> ring of tmp-rate rows   -> [FIR along y] -> output row
//
// A filter that is not separable runs as one two-dimensional FIR on its ring instead.
//
// The derivative of the whole is the same routine with the two halves exchanged, their taps
// reversed and the pointwise step replaced by a product with what the forward pass remembered:
// two bits per sample of the upsampled image, "negative" and "clamped".
//
// Vectors are GCC/Clang vector extensions of 16 floats; the compiler lowers them to the
// instruction set it builds for. The order of additions per output is fixed: results do not
// depend on tiles or threads.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace {

constexpr int LANES = 16;
typedef float Vec __attribute__((vector_size(64)));
typedef int32_t IVec __attribute__((vector_size(64)));
typedef uint32_t UVec __attribute__((vector_size(64)));
typedef uint16_t HVec __attribute__((vector_size(32)));

inline Vec splat(float value) { return Vec{} + value; }

enum Step : int32_t {
    LINEAR = 0,       // nothing between the two resamplings
    ACTIVATE = 1,     // leaky ReLU, clamp
    ACTIVATE_MASK = 2,  // the same, remembering signs and clamps
    APPLY_MASK = 3,   // multiply by the derivative that was remembered
};

enum Precision : int32_t { FLOAT32 = 0, BFLOAT16 = 1 };

}  // namespace

// Shared with Python by layout (ops/cpu/kernels.py). Taps are reversed and scaled by the caller:
// the kernel correlates.
struct Job {
    const void* x;
    void* y;
    uint32_t* mask;      // [N, ceil(C/16), mask_h, mask_w]: low half negative, high half clamped
    const float* bias;   // [C] or null
    const float* in_gain;   // [N, C] or null: x is multiplied before the bias is added
    const float* out_gain;  // [N, C] or null: y is multiplied last
    float* sums;         // [afv_tiles, 2, 16] or null: sums over the pixels of each tile of y
                         // before its gain, and of its product with `partner`
    const void* partner;  // like y, or null: no product
    int32_t* clamped;    // set to 1 where ACTIVATE_MASK remembers a clamp; null: do not tell
    const float* up_x;   // [up_size]; null when up_2d is given
    const float* up_y;
    const float* up_2d;  // [up_size, up_size]
    const float* down_x;
    const float* down_y;
    const float* down_2d;
    int64_t n, c, h, w;
    int64_t x_stride_n, x_stride_h, x_stride_w;  // in elements; channels are contiguous
    int64_t out_h, out_w;
    int64_t y_stride_n, y_stride_h, y_stride_w;
    int64_t mask_h, mask_w, mask_y, mask_x;  // its size, and where the upsampled image starts in it
    int32_t up, down, pad_x, pad_y, up_size, down_size;
    int32_t step, precision, threads;
    float slope, clamp;
};

namespace {

// ---------------------------------------------------------------------------------------------
// Memory

template <typename T> Vec load(const T* p);
template <> inline Vec load(const float* p) {
    Vec v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
template <> inline Vec load(const uint16_t* p) {
    HVec half;
    std::memcpy(&half, p, sizeof half);
    return (Vec)(__builtin_convertvector(half, UVec) << 16);
}

inline void store(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }
inline void store(uint16_t* p, Vec v) {
    UVec bits = (UVec)v;
    UVec rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;  // to nearest even
    UVec nan = (UVec)(v != v);
    HVec half = __builtin_convertvector((rounded & ~nan) | (nan & 0x7fc0u), HVec);
    std::memcpy(p, &half, sizeof half);
}

// The first `count` lanes; the others are zero, and stay as they are in memory.
template <typename T> Vec load_some(const T* p, int count) {
    T lanes[LANES] = {};
    std::memcpy(lanes, p, count * sizeof(T));
    return load(lanes);
}

template <typename T> void store_some(T* p, Vec v, int count) {
    T lanes[LANES];
    store(lanes, v);
    std::memcpy(p, lanes, count * sizeof(T));
}

#if defined(__AVX512BW__) && defined(__AVX512VL__)
template <> inline Vec load_some(const float* p, int count) {
    return (Vec)_mm512_maskz_loadu_ps(__mmask16((1u << count) - 1), p);
}
template <> inline Vec load_some(const uint16_t* p, int count) {
    const __m256i half = _mm256_maskz_loadu_epi16(__mmask16((1u << count) - 1), p);
    return (Vec)_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16);
}
template <> inline void store_some(float* p, Vec v, int count) {
    _mm512_mask_storeu_ps(p, __mmask16((1u << count) - 1), (__m512)v);
}
template <> inline void store_some(uint16_t* p, Vec v, int count) {
    uint16_t lanes[LANES];
    store(lanes, v);
    _mm256_mask_storeu_epi16(p, __mmask16((1u << count) - 1),
                             _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes)));
}
#endif

// Scratch memory of a thread, kept between calls: fresh pages cost more than the arithmetic.
class Arena {
  public:
    ~Arena() { std::free(base_); }
    void reset(size_t vectors) {
        if (vectors > capacity_) {
            std::free(base_);
            base_ = static_cast<Vec*>(std::aligned_alloc(64, vectors * sizeof(Vec)));
            if (!base_) std::abort();
            capacity_ = vectors;
        }
        used_ = 0;
    }
    Vec* take(size_t vectors) {
        Vec* p = base_ + used_;
        used_ += vectors;
        return p;
    }

  private:
    Vec* base_ = nullptr;
    size_t capacity_ = 0, used_ = 0;
};

// ---------------------------------------------------------------------------------------------
// FIR loops. A template argument of 0 means "known at run time only".

constexpr int MAX_TAPS = 256;
constexpr int BLOCK = 4;  // outputs computed together, sharing their loads

// dst[m * dst_step] = sum_k taps[k] * src[m * D + k]
template <int K, int D>
void fir_row(const Vec* src, Vec* dst, int dst_step, int count, const float* taps, int k_run,
             int d_run) {
    const int size = K ? K : k_run, stride = D ? D : d_run;
    int m = 0;
    if constexpr (K != 0 && D != 0) {
        Vec t[K];
        for (int k = 0; k < K; k++) t[k] = splat(taps[k]);
        for (; m + BLOCK <= count; m += BLOCK) {
            Vec acc[BLOCK] = {};
            const Vec* s = src + m * D;
#pragma GCC unroll 64
            for (int p = 0; p < (BLOCK - 1) * D + K; p++) {
                Vec v = s[p];
#pragma GCC unroll 4
                for (int q = 0; q < BLOCK; q++) {
                    int k = p - q * D;
                    if (k >= 0 && k < K) acc[q] += v * t[k];
                }
            }
#pragma GCC unroll 4
            for (int q = 0; q < BLOCK; q++) dst[(m + q) * dst_step] = acc[q];
        }
    }
    for (; m < count; m++) {
        Vec acc = {};
        for (int k = 0; k < size; k++) acc += src[m * stride + k] * taps[k];
        dst[m * dst_step] = acc;
    }
}

// dst[m * dst_step] = sum_y sum_k taps[y * taps_step + k] * rows[y][m * D + k], K rows of K taps.
// MIRROR: row K - 1 - y has the taps of row y, the upper half of which is given.
template <int K, int D, bool MIRROR>
void fir_plane(const Vec* const* rows, Vec* dst, int dst_step, int count, const float* taps,
               int taps_step, int k_run, int d_run) {
    const int size = K ? K : k_run, stride = D ? D : d_run;
    const int distinct = MIRROR ? size / 2 : size;
    int m = 0;
    if constexpr (K != 0 && D != 0) {
        constexpr int WIDE = 2 * BLOCK;
        for (; m + WIDE <= count; m += WIDE) {
            Vec acc[WIDE] = {};
            for (int y = 0; y < distinct; y++) {
                const Vec *a = rows[y] + m * D, *b = rows[size - 1 - y] + m * D;
                Vec t[K];
                for (int k = 0; k < K; k++) t[k] = splat(taps[y * taps_step + k]);
#pragma GCC unroll 64
                for (int p = 0; p < (WIDE - 1) * D + K; p++) {
                    Vec v = MIRROR ? a[p] + b[p] : a[p];
#pragma GCC unroll 8
                    for (int q = 0; q < WIDE; q++) {
                        int k = p - q * D;
                        if (k >= 0 && k < K) acc[q] += v * t[k];
                    }
                }
            }
#pragma GCC unroll 8
            for (int q = 0; q < WIDE; q++) dst[(m + q) * dst_step] = acc[q];
        }
    }
    for (; m < count; m++) {
        Vec acc = {};
        for (int y = 0; y < distinct; y++)
            for (int k = 0; k < size; k++) {
                const int p = m * stride + k;
                Vec v = MIRROR ? rows[y][p] + rows[size - 1 - y][p] : rows[y][p];
                acc += v * taps[y * taps_step + k];
            }
        dst[m * dst_step] = acc;
    }
}

// dst[c] = sum_k taps[k] * rows[k][c]
template <int K>
void fir_column(const Vec* const* rows, Vec* dst, int count, const float* taps, int k_run) {
    const int size = K ? K : k_run;
    if constexpr (K != 0) {
        Vec t[K];
        const Vec* r[K];
        for (int k = 0; k < K; k++) t[k] = splat(taps[k]), r[k] = rows[k];
        for (int c = 0; c < count; c++) {
            Vec acc = {};
#pragma GCC unroll 32
            for (int k = 0; k < K; k++) acc += r[k][c] * t[k];
            dst[c] = acc;
        }
    } else {
        for (int c = 0; c < count; c++) {
            Vec acc = {};
            for (int k = 0; k < size; k++) acc += rows[k][c] * taps[k];
            dst[c] = acc;
        }
    }
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

// ---------------------------------------------------------------------------------------------
// The pointwise step

inline uint32_t pack(Vec flags_below_zero) {  // one bit per lane from the sign bits
#if defined(__AVX__)
    __m256 half[2];
    std::memcpy(half, &flags_below_zero, sizeof half);
    return uint32_t(_mm256_movemask_ps(half[0])) | uint32_t(_mm256_movemask_ps(half[1])) << 8;
#else
    UVec bits = (UVec)flags_below_zero;
    uint32_t packed = 0;
    for (int l = 0; l < LANES; l++) packed |= (bits[l] >> 31) << l;
    return packed;
#endif
}

inline IVec unpack(uint32_t bits) {  // all ones in the lanes whose bit is set
    const UVec lane = {1u << 0, 1u << 1, 1u << 2,  1u << 3,  1u << 4,  1u << 5,  1u << 6,  1u << 7,
                       1u << 8, 1u << 9, 1u << 10, 1u << 11, 1u << 12, 1u << 13, 1u << 14, 1u << 15};
    return ((UVec{} + bits) & lane) != 0u;
}

inline Vec select(IVec condition, Vec yes, Vec no) {
    return (Vec)((condition & (IVec)yes) | (~condition & (IVec)no));
}

struct Pointwise {
    Vec slope, clamp;
};

#if defined(__AVX512DQ__)
// The same as below, with lanes chosen by mask registers.
template <int STEP> inline Vec pointwise(Vec v, const Pointwise& p, uint32_t* mask) {
    if constexpr (STEP == LINEAR) {
        return v;
    } else if constexpr (STEP == APPLY_MASK) {
        const __m512 x = _mm512_mask_mul_ps((__m512)v, __mmask16(*mask), (__m512)v, (__m512)p.slope);
        return (Vec)_mm512_maskz_mov_ps(__mmask16(~(*mask >> 16)), x);
    } else {
        const __m512 clamp = (__m512)p.clamp, zero = _mm512_setzero_ps();
        const __mmask16 negative = _mm512_cmp_ps_mask((__m512)v, zero, _CMP_LT_OQ);
        __m512 x = _mm512_mask_mul_ps((__m512)v, negative, (__m512)v, (__m512)p.slope);
        if constexpr (STEP == ACTIVATE_MASK) {
            const __mmask16 clamped = _mm512_cmp_ps_mask(_mm512_abs_ps(x), clamp, _CMP_GT_OQ);
            *mask = uint32_t(negative) | uint32_t(clamped) << 16;
        }
        // Of a NaN and a limit both return their second argument: it must reach the loss.
        x = _mm512_min_ps(clamp, x);
        return (Vec)_mm512_max_ps((__m512)-p.clamp, x);
    }
}
#else
template <int STEP> inline Vec pointwise(Vec v, const Pointwise& p, uint32_t* mask) {
    if constexpr (STEP == LINEAR) {
        return v;
    } else if constexpr (STEP == APPLY_MASK) {
        v = select(unpack(*mask & 0xffffu), v * p.slope, v);
        return (Vec)((IVec)v & ~unpack(*mask >> 16));
    } else {
        IVec negative = v < 0.0f;
        v = select(negative, v * p.slope, v);
        // A NaN passes both comparisons: it must reach the loss, where training looks for it.
        IVec above = v > p.clamp, below = v < -p.clamp;
        if constexpr (STEP == ACTIVATE_MASK)
            *mask = pack((Vec)negative) | pack((Vec)(above | below)) << 16;
        return select(below, -p.clamp, select(above, p.clamp, v));
    }
}
#endif

// dst[f][c] = pointwise(sum_j taps[f][j] * rows[j][c]) for the F tmp rows that share their inputs
template <int J, int F, int STEP>
void column_step(const Vec* const* rows, Vec* const* dst, int count, const float* taps, int j_run,
                 const Pointwise& p, uint32_t* const* masks) {
    const int size = J ? J : j_run;
    if constexpr (J != 0) {
        Vec t[F][J];
        const Vec* r[J];
        for (int f = 0; f < F; f++)
            for (int j = 0; j < J; j++) t[f][j] = splat(taps[f * J + j]);
        for (int j = 0; j < J; j++) r[j] = rows[j];
        for (int c = 0; c < count; c++) {
            Vec acc[F] = {};
#pragma GCC unroll 16
            for (int j = 0; j < J; j++) {
                Vec v = r[j][c];
#pragma GCC unroll 4
                for (int f = 0; f < F; f++) acc[f] += v * t[f][j];
            }
#pragma GCC unroll 4
            for (int f = 0; f < F; f++) dst[f][c] = pointwise<STEP>(acc[f], p, masks[f] + c);
        }
    } else {
        for (int f = 0; f < F; f++)
            for (int c = 0; c < count; c++) {
                Vec acc = {};
                for (int j = 0; j < size; j++) acc += rows[j][c] * taps[f * size + j];
                dst[f][c] = pointwise<STEP>(acc, p, masks[f] + c);
            }
    }
}

// The step alone, in place, behind a two-dimensional upsampling filter.
template <int STEP>
void row_step(Vec* row, int count, const Pointwise& p, uint32_t* mask) {
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

// ---------------------------------------------------------------------------------------------
// Tiles

inline int64_t ceil_div(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

// What all tiles of a job share.
struct Plan {
    const Job& job;
    int j;                       // taps per phase of the upsampling filter
    std::vector<float> phase_x;  // [up][j]
    std::vector<float> phase_y;
    std::vector<float> phase_2d;    // [up (y)][j][up (x)][j]
    RowFn up_row, down_row;
    PlaneFn up_plane, down_plane;
    ColumnFn down_column;
    ColumnStepFn full_step, single_step;
    RowStepFn row_step;
    int64_t channel_blocks, tile_h, tile_w, tiles_y, tiles_x;

    explicit Plan(const Job& job) : job(job) {
        const int u = job.up, size = job.up_size;
        j = (size + u - 1) / u;
        auto polyphase = [&](const float* taps) {
            std::vector<float> phases(u * j, 0.0f);
            for (int f = 0; f < u; f++)
                for (int i = 0; i < j; i++)
                    if (f + i * u < size) phases[f * j + i] = taps[f + i * u];
            return phases;
        };
        if (job.up_2d) {
            phase_2d.assign(size_t(u) * j * u * j, 0.0f);
            for (int fy = 0; fy < u; fy++)
                for (int jy = 0; jy < j; jy++)
                    if (fy + jy * u < size) {
                        auto row = polyphase(job.up_2d + (fy + jy * u) * size);
                        std::copy(row.begin(), row.end(),
                                  phase_2d.begin() + (fy * j + jy) * u * j);
                    }
        } else {
            phase_x = polyphase(job.up_x);
            phase_y = polyphase(job.up_y);
        }
        up_row = choose_row(j, 1);
        up_plane = choose_plane<false>(j, 1);
        down_row = choose_row(job.down_size, job.down);
        down_plane = job.down_2d && symmetric_rows()
                         ? choose_plane<true>(job.down_size, job.down)
                         : choose_plane<false>(job.down_size, job.down);
        down_column = choose_column(job.down_size);
        full_step = u == 2 || u == 4 ? choose_column_step(j, u, job.step) : nullptr;
        single_step = choose_column_step(j, 1, job.step);
        row_step = choose_row_step(job.step);
        choose_tiles();
    }

    int phase(int64_t t, int64_t pad, int64_t* first) const {
        *first = ceil_div(t - pad, job.up);
        return int(*first * job.up - (t - pad));
    }

    bool symmetric_rows() const {
        const int k = job.down_size;
        float largest = 0, asymmetry = 0;
        for (int y = 0; y < k; y++)
            for (int x = 0; x < k; x++) {
                float a = job.down_2d[y * k + x], b = job.down_2d[(k - 1 - y) * k + x];
                largest = std::max(largest, std::fabs(a));
                asymmetry = std::max(asymmetry, std::fabs(a - b));
            }
        // Radial taps are mirror images up to the rounding of their design.
        return k % 2 == 0 && asymmetry <= 1e-6f * largest;
    }

    void choose_tiles() {
        channel_blocks = (job.c + LANES - 1) / LANES;
        // The rings of a tile should stay in a core's second-level cache.
        constexpr int64_t ring_bytes = 288 << 10;
        const int64_t up_rows = job.up_2d ? 0 : j;
        const int64_t down_rows = job.down_2d ? job.down_size * job.down : job.down_size;
        const int64_t bytes_per_column =
            int64_t(sizeof(Vec)) * (up_rows * job.down + down_rows + job.up * job.down);
        tile_w = std::clamp<int64_t>(ring_bytes / bytes_per_column, 16, job.out_w);
        tiles_x = (job.out_w + tile_w - 1) / tile_w;
        tile_w = (job.out_w + tiles_x - 1) / tiles_x;
        const int64_t columns = job.n * channel_blocks * tiles_x;
        const int64_t wanted = std::max<int64_t>(1, (job.threads * 2 + columns - 1) / columns);
        tiles_y = job.threads > 1 && columns % job.threads != 0
                      ? std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, job.out_h / 8))
                      : 1;
        tile_h = (job.out_h + tiles_y - 1) / tiles_y;
    }

    int64_t tiles() const { return job.n * channel_blocks * tiles_y * tiles_x; }
};

template <typename IO> class Tile {
  public:
    Tile(const Plan& plan, int64_t index, Arena& arena) : plan_(plan), job_(plan.job) {
        const int64_t number = index;
        const int64_t tx = index % plan.tiles_x;
        index /= plan.tiles_x;
        const int64_t ty = index % plan.tiles_y;
        index /= plan.tiles_y;
        block_ = index % plan.channel_blocks;
        n_ = index / plan.channel_blocks;
        channels_ = int(std::min<int64_t>(LANES, job_.c - block_ * LANES));

        out_x0_ = tx * plan.tile_w;
        out_x1_ = std::min(out_x0_ + plan.tile_w, job_.out_w);
        out_y0_ = ty * plan.tile_h;
        out_y1_ = std::min(out_y0_ + plan.tile_h, job_.out_h);
        sums_ = job_.sums ? job_.sums + number * 2 * LANES : nullptr;
        if (out_x0_ >= out_x1_ || out_y0_ >= out_y1_) return;

        tmp_x0_ = out_x0_ * job_.down;
        tmp_x1_ = (out_x1_ - 1) * job_.down + job_.down_size;
        tmp_y0_ = out_y0_ * job_.down;
        tmp_y1_ = (out_y1_ - 1) * job_.down + job_.down_size;
        owned_x_ = int((out_x1_ == job_.out_w ? tmp_x1_ : out_x1_ * job_.down) - tmp_x0_);
        owned_y_ = out_y1_ == job_.out_h ? tmp_y1_ : out_y1_ * job_.down;
        plan.phase(tmp_x0_, job_.pad_x, &in_x0_);
        plan.phase(tmp_x1_ - 1, job_.pad_x, &in_x1_);
        in_x1_ += plan.j;
        in_w_ = int(in_x1_ - in_x0_);
        tmp_w_ = int(tmp_x1_ - tmp_x0_);
        out_w_ = int(out_x1_ - out_x0_);

        const int j = plan.j, k = job_.down_size;
        const int up_w = job_.up_2d ? in_w_ : tmp_w_;
        const int down_w = job_.down_2d ? tmp_w_ : out_w_;
        // A two-dimensional filter reads tmp rows where they were written, `up` at a time.
        const int down_rows = job_.down_2d ? k + job_.up - 1 : k;
        const size_t mask_vectors = (size_t(tmp_w_) + LANES - 1) / LANES;
        arena.reset(size_t(in_w_) + size_t(j) * up_w + size_t(job_.up) * (tmp_w_ + mask_vectors) +
                    size_t(down_rows) * down_w + out_w_);
        in_row_ = arena.take(in_w_);
        for (int i = 0; i < j; i++) up_ring_.push_back(arena.take(up_w));
        for (int i = 0; i < job_.up; i++) {
            tmp_rows_.push_back(arena.take(tmp_w_));
            mask_rows_.push_back(reinterpret_cast<uint32_t*>(arena.take(mask_vectors)));
        }
        for (int i = 0; i < down_rows; i++) down_ring_.push_back(arena.take(down_w));
        out_row_ = arena.take(out_w_);
        if (job_.bias) bias_ = load_some(job_.bias + block_ * LANES, channels_);
        if (job_.in_gain) in_gain_ = load_some(gain_row(job_.in_gain), channels_);
        if (job_.out_gain) out_gain_ = load_some(gain_row(job_.out_gain), channels_);
        pointwise_ = {splat(job_.slope), splat(job_.clamp)};
    }

    void run() {
        if (sums_) std::fill_n(sums_, 2 * LANES, 0.0f);
        if (out_x0_ >= out_x1_ || out_y0_ >= out_y1_) return;
        int64_t in_y, last;
        plan_.phase(tmp_y0_, job_.pad_y, &in_y);
        plan_.phase(tmp_y1_ - 1, job_.pad_y, &last);
        int64_t read = in_y;  // next input row to bring into the ring
        for (; in_y <= last; in_y++) {
            for (; read < in_y + plan_.j; read++) read_row(read);
            // The tmp rows whose taps start at input row in_y.
            const int64_t end = job_.pad_y + in_y * job_.up + 1;
            upsample_rows(in_y, std::max(end - job_.up, tmp_y0_), std::min(end, tmp_y1_));
        }
        if (sums_) {
            store(sums_, sum_);
            store(sums_ + LANES, product_);
        }
    }

  private:
    const float* gain_row(const float* gains) const {
        return gains + n_ * job_.c + block_ * LANES;
    }

    void read_row(int64_t y) {
        Vec* ring = up_ring_[ring_index(y, plan_.j)];
        if (y < 0 || y >= job_.h) {
            std::fill_n(ring, job_.up_2d ? in_w_ : tmp_w_, Vec{});
            return;
        }
        Vec* row = job_.up_2d ? ring : in_row_;
        const int64_t x0 = std::clamp<int64_t>(in_x0_, 0, job_.w);
        const int64_t x1 = std::clamp<int64_t>(in_x1_, x0, job_.w);
        const IO* src = static_cast<const IO*>(job_.x) + n_ * job_.x_stride_n +
                        y * job_.x_stride_h + x0 * job_.x_stride_w + block_ * LANES;
        Vec* dst = row;
        dst = std::fill_n(dst, std::min<int64_t>(x0 - in_x0_, in_w_), Vec{});
        if (channels_ == LANES)
            for (int64_t x = x0; x < x1; x++, src += job_.x_stride_w)
                *dst++ = load(src) * in_gain_ + bias_;
        else
            for (int64_t x = x0; x < x1; x++, src += job_.x_stride_w)
                *dst++ = load_some(src, channels_) * in_gain_ + bias_;
        std::fill(dst, row + in_w_, Vec{});
        if (!job_.up_2d)
            each_phase([&](int64_t first, int t, int count, int phase) {
                plan_.up_row(row + first, ring + t, job_.up, count,
                             plan_.phase_x.data() + phase * plan_.j, plan_.j, 1);
            });
    }

    // The upsampled columns of each phase: calls use(first input column, first column, columns,
    // phase), both counted from the start of the tile's rows.
    template <typename Use> void each_phase(Use use) const {
        for (int64_t t = tmp_x0_; t < std::min(tmp_x0_ + job_.up, tmp_x1_); t++) {
            int64_t first;
            const int phase = plan_.phase(t, job_.pad_x, &first);
            const int count = int((tmp_x1_ - t + job_.up - 1) / job_.up);
            use(first - in_x0_, int(t - tmp_x0_), count, phase);
        }
    }

    void upsample_rows(int64_t in_y, int64_t t0, int64_t t1) {
        const Vec* rows[MAX_TAPS];
        for (int i = 0; i < plan_.j; i++) rows[i] = up_ring_[ring_index(in_y + i, plan_.j)];
        Vec* dst[MAX_TAPS];
        const int count = int(t1 - t0);
        for (int i = 0; i < count; i++) {
            dst[i] = job_.down_2d ? down_row(t0 + i) : tmp_rows_[i];
            if (job_.step == APPLY_MASK) read_mask(t0 + i, mask_rows_[i]);
        }
        // Rows come in the order of falling phase.
        const int first_phase = int(job_.pad_y + in_y * job_.up - t0);
        if (job_.up_2d) {
            for (int i = 0; i < count; i++) {
                upsample_2d(rows, dst[i], first_phase - i);
                plan_.row_step(dst[i], tmp_w_, pointwise_, mask_rows_[i]);
            }
        } else if (count == job_.up && plan_.full_step) {
            float taps[4 * MAX_TAPS];
            for (int i = 0; i < count; i++)
                std::copy_n(plan_.phase_y.data() + (first_phase - i) * plan_.j, plan_.j,
                            taps + i * plan_.j);
            plan_.full_step(rows, dst, tmp_w_, taps, plan_.j, pointwise_, mask_rows_.data());
        } else {
            for (int i = 0; i < count; i++)
                plan_.single_step(rows, dst + i, tmp_w_,
                                  plan_.phase_y.data() + (first_phase - i) * plan_.j, plan_.j,
                                  pointwise_, mask_rows_.data() + i);
        }
        for (int i = 0; i < count; i++) {
            if (job_.step == ACTIVATE_MASK && t0 + i < owned_y_) write_mask(t0 + i, mask_rows_[i]);
            finish_row(t0 + i, dst[i]);
        }
    }

    uint32_t* mask_row(int64_t t) const {
        return job_.mask + ((n_ * plan_.channel_blocks + block_) * job_.mask_h + t + job_.mask_y) *
                               job_.mask_w;
    }

    void read_mask(int64_t t, uint32_t* row) const {
        // Outside of the remembered image there is nothing but zeros to multiply.
        std::fill_n(row, tmp_w_, 0u);
        if (t + job_.mask_y < 0 || t + job_.mask_y >= job_.mask_h) return;
        const int64_t x0 = std::clamp<int64_t>(tmp_x0_ + job_.mask_x, 0, job_.mask_w);
        const int64_t x1 = std::clamp<int64_t>(tmp_x1_ + job_.mask_x, x0, job_.mask_w);
        std::copy(mask_row(t) + x0, mask_row(t) + x1, row + (x0 - job_.mask_x - tmp_x0_));
    }

    void write_mask(int64_t t, const uint32_t* row) const {
        std::copy_n(row, owned_x_, mask_row(t) + job_.mask_x + tmp_x0_);
        if (!job_.clamped) return;
        uint32_t any = 0;
        for (int x = 0; x < owned_x_; x++) any |= row[x];
        if (any >> 16) __atomic_store_n(job_.clamped, 1, __ATOMIC_RELAXED);
    }

    Vec* down_row(int64_t t) const { return down_ring_[t % int64_t(down_ring_.size())]; }

    void upsample_2d(const Vec* const* rows, Vec* dst, int phase_y) {
        const int j = plan_.j, row_size = job_.up * j;
        const float* taps = plan_.phase_2d.data() + phase_y * j * row_size;
        each_phase([&](int64_t first, int t, int count, int phase) {
            const Vec* starts[MAX_TAPS];
            for (int i = 0; i < j; i++) starts[i] = rows[i] + first;
            plan_.up_plane(starts, dst + t, job_.up, count, taps + phase * j, row_size, j, 1);
        });
    }

    void finish_row(int64_t t, const Vec* row) {
        if (!job_.down_2d)
            plan_.down_row(row, down_row(t), 1, out_w_, job_.down_x, job_.down_size, job_.down);
        const int64_t top = t - (job_.down_size - 1);
        if (top < 0 || top % job_.down != 0) return;
        const int64_t out_y = top / job_.down;
        if (out_y < out_y0_ || out_y >= out_y1_) return;
        const Vec* rows[MAX_TAPS];
        for (int i = 0; i < job_.down_size; i++) rows[i] = down_row(top + i);
        if (job_.down_2d)
            plan_.down_plane(rows, out_row_, 1, out_w_, job_.down_2d, job_.down_size,
                             job_.down_size, job_.down);
        else
            plan_.down_column(rows, out_row_, out_w_, job_.down_y, job_.down_size);
        write_row(out_y);
    }

    void write_row(int64_t y) {
        const int64_t start = n_ * job_.y_stride_n + y * job_.y_stride_h +
                              out_x0_ * job_.y_stride_w + block_ * LANES;
        if (sums_) add_up(job_.partner ? static_cast<const IO*>(job_.partner) + start : nullptr);
        IO* dst = static_cast<IO*>(job_.y) + start;
        if (channels_ == LANES)
            for (int x = 0; x < out_w_; x++, dst += job_.y_stride_w)
                store(dst, out_row_[x] * out_gain_);
        else
            for (int x = 0; x < out_w_; x++, dst += job_.y_stride_w)
                store_some(dst, out_row_[x] * out_gain_, channels_);
    }

    void add_up(const IO* partner) {
        Vec sum = {}, product = {};
        for (int x = 0; x < out_w_; x++) sum += out_row_[x];
        sum_ += sum;
        if (!partner) return;
        if (channels_ == LANES)
            for (int x = 0; x < out_w_; x++, partner += job_.y_stride_w)
                product += out_row_[x] * load(partner);
        else
            for (int x = 0; x < out_w_; x++, partner += job_.y_stride_w)
                product += out_row_[x] * load_some(partner, channels_);
        product_ += product;
    }

    static int64_t ring_index(int64_t y, int64_t size) { return ((y % size) + size) % size; }

    const Plan& plan_;
    const Job& job_;
    int64_t n_ = 0, block_ = 0;
    int channels_ = 0, in_w_ = 0, tmp_w_ = 0, out_w_ = 0, owned_x_ = 0;
    int64_t out_x0_ = 0, out_x1_ = 0, out_y0_ = 0, out_y1_ = 0;
    int64_t tmp_x0_ = 0, tmp_x1_ = 0, tmp_y0_ = 0, tmp_y1_ = 0, owned_y_ = 0;
    int64_t in_x0_ = 0, in_x1_ = 0;
    Vec *in_row_ = nullptr, *out_row_ = nullptr;
    std::vector<Vec*> up_ring_, tmp_rows_, down_ring_;
    std::vector<uint32_t*> mask_rows_;
    float* sums_ = nullptr;
    Vec bias_ = {}, in_gain_ = splat(1), out_gain_ = splat(1), sum_ = {}, product_ = {};
    Pointwise pointwise_;
};

// ---------------------------------------------------------------------------------------------
// Threads: PyTorch's OpenMP pool when Python found it, so that no second pool fights for the
// cores; plain threads otherwise.

using OpenMpParallel = void (*)(void (*)(void*), void*, unsigned, unsigned);
std::atomic<OpenMpParallel> openmp_parallel{nullptr};

struct Work {
    const Plan* plan;
    std::atomic<int64_t> next{0};
    static void loop(void* self) {
        Work& work = *static_cast<Work*>(self);
        thread_local Arena arena;
        const Plan& plan = *work.plan;
        for (int64_t i; (i = work.next.fetch_add(1)) < plan.tiles();) {
            if (plan.job.precision == BFLOAT16)
                Tile<uint16_t>(plan, i, arena).run();
            else
                Tile<float>(plan, i, arena).run();
        }
    }
};

}  // namespace

extern "C" {

int afv_job_size() { return int(sizeof(Job)); }

// Tiles the job will be cut into, numbered [n][channel block][y][x].
int64_t afv_tiles(const Job* job) { return Plan(*job).tiles(); }

void afv_use_openmp(void* gomp_parallel) {
    openmp_parallel = reinterpret_cast<OpenMpParallel>(gomp_parallel);
}

void afv_resample(const Job* job) {
    const Plan plan(*job);
    Work work;
    work.plan = &plan;
    const int threads = int(std::min<int64_t>(job->threads, plan.tiles()));
    if (threads <= 1) {
        Work::loop(&work);
    } else if (OpenMpParallel parallel = openmp_parallel) {
        parallel(Work::loop, &work, unsigned(threads), 0);
    } else {
        std::vector<std::thread> pool;
        for (int i = 1; i < threads; i++) pool.emplace_back(Work::loop, &work);
        Work::loop(&work);
        for (auto& thread : pool) thread.join();
    }
}
}
