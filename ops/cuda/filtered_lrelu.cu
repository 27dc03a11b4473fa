// y = D(step(U(x + bias))), one tile of one channel's output per block, all in shared memory.
//
// U stuffs zeros and filters, D filters and drops samples, each along both axes in turn or with a
// plane of taps. The step is a clamped leaky ReLU, or the mask of its derivatives that an earlier
// launch left: with U and D exchanged that is the backward pass, and the backward's backward.
//
// Coordinates: u counts upsampled pixels from `shift` pixels before the upsampled image, so that
// all UP phases of one input pixel are one aligned group: u = UP * q + phase is the sum over i < REACH
// of table[phase][i] times input pixel (start + q + i), and output pixel o is the sum over k of
// taps[k] times u = o * DOWN + shift + k.
//
// Masks: 2 bits a sample (1: below zero, 2: clamped), 16 samples down one column to a word,
// [N * C, mask_rows, mask_columns]. A thread computes 16 samples of a column: one word, no exchange
// between threads, and neighbouring threads store neighbouring words.
//
// Compiled for one UP, DOWN, UP_TAPS, DOWN_TAPS, UP_PLANE, DOWN_PLANE, TILE_W, TILE_H, PRECISION and
// THREADS. UP divides 16; TILE_H * DOWN is a multiple of 16, TILE_W * DOWN of UP, both of RUN.

#include "geometry.cuh"

#define ACTIVATE 0
#define ACTIVATE_AND_REMEMBER 1
#define APPLY_MASK 2

__device__ constexpr int larger(int a, int b) { return a > b ? a : b; }

constexpr int WORD = 16;
constexpr int REACH = (UP_TAPS + UP - 1) / UP;
constexpr int UP_H = (TILE_H - 1) * DOWN + DOWN_TAPS + UP - 1;
constexpr int UP_W = (TILE_W - 1) * DOWN + DOWN_TAPS + UP - 1;
constexpr int WORDS_H = (UP_H + WORD - 1) / WORD;
constexpr int WORDS_W = (UP_W + WORD - 1) / WORD;
constexpr int IN_H = WORDS_H * (WORD / UP) + REACH - 1;
constexpr int IN_W = WORDS_W * (WORD / UP) + REACH - 1;
// Outputs of one thread on the way down: more of them share more of what they read.
constexpr int RUN = DOWN <= 2 ? 8 : 4;
constexpr int PLANE_RUN = 8;
// Odd distances between rows: threads that walk down a column each hit a bank of their own.
constexpr int IN_PITCH = IN_W | 1;
constexpr int UP_PITCH = UP_W | 1;
constexpr int TILE_PITCH = TILE_W | 1;
constexpr int UP_TABLE = UP_PLANE ? UP * REACH * UP * REACH : 2 * UP * REACH;
constexpr int DOWN_TABLE = DOWN_PLANE ? DOWN_TAPS * DOWN_TAPS : 2 * DOWN_TAPS;
// What a stage reads and what it writes alternate between the two buffers.
constexpr int FIRST = larger(UP_PLANE ? 0 : IN_H * IN_PITCH, UP_H * UP_PITCH);
constexpr int SECOND = larger(UP_PLANE ? IN_H * IN_PITCH : IN_H * UP_PITCH,
                              DOWN_PLANE ? 0 : UP_H * TILE_PITCH);

// The nonlinearity between the filters, on 16 samples of one column.
struct Step {
    unsigned* masks;
    int kind, mask_rows, mask_columns, mask_y, mask_x;
    float slope, clamp;

    // The 16 codes from sample (y, x) down, wherever in two words they lie. No output depends on
    // samples outside the remembered image: there the upsampled value is 0 and so may be the code.
    __device__ unsigned read(int y, int x) const {
        y += mask_y;
        x += mask_x;
        if (x < 0 || x >= mask_columns) return 0;
        int row = y >> 4;
        unsigned above = word(row, x), below = word(row + 1, x);
        unsigned long long both = ((unsigned long long)below << 32) | above;
        return (unsigned)(both >> (2 * (y & 15)));
    }

    __device__ unsigned word(int row, int x) const {
        if (row < 0 || row >= mask_rows) return 0;
        return masks[(long long)row * mask_columns + x];
    }

    __device__ void write(int y, int x, unsigned codes) const {
        if (y / WORD < mask_rows && x < mask_columns)
            masks[(long long)(y / WORD) * mask_columns + x] = codes;
    }

    __device__ float activate(float value, unsigned& codes, int place) const {
        bool below = !(value > 0.0f);
        value = below ? value * slope : value;
        // Comparisons with NaN are false: it passes, as it does through PyTorch's clamp.
        bool outside = value > clamp || value < -clamp;
        value = value > clamp ? clamp : value < -clamp ? -clamp : value;
        codes |= ((below ? 1u : 0u) | (outside ? 2u : 0u)) << (2 * place);
        return value;
    }

    __device__ float apply(float value, unsigned codes, int place) const {
        unsigned code = (codes >> (2 * place)) & 3u;
        return value * (code & 2u ? 0.0f : code & 1u ? slope : 1.0f);
    }

    // `owned`: no other block leaves the same word.
    __device__ void finish(float (&samples)[WORD], int y, int x, bool owned) const {
        unsigned codes = kind == APPLY_MASK ? read(y, x) : 0;
#pragma unroll
        for (int j = 0; j < WORD; j++)
            samples[j] = kind == APPLY_MASK ? apply(samples[j], codes, j)
                                            : activate(samples[j], codes, j);
        if (kind == ACTIVATE_AND_REMEMBER && owned) write(y, x, codes);
    }
};

// samples[j] += sum_i taps[phase j % UP][i] * from[(j / UP + i) * pitch]: 16 samples along an axis.
__device__ inline void upsample_word(float (&samples)[WORD], const float* from, int pitch,
                                     const float* taps) {
    float window[WORD / UP + REACH - 1];
#pragma unroll
    for (int i = 0; i < WORD / UP + REACH - 1; i++) window[i] = from[i * pitch];
#pragma unroll
    for (int phase = 0; phase < UP; phase++) {
#pragma unroll
        for (int i = 0; i < REACH; i++) {
            float tap = taps[phase * REACH + i];
#pragma unroll
            for (int q = 0; q < WORD / UP; q++) samples[q * UP + phase] += tap * window[q + i];
        }
    }
}

// sums[j] += sum_i taps[i] * from[(j * DOWN + i) * pitch]: every pixel is read once, and used in all
// the outputs that need it.
template <int OUTPUTS>
__device__ inline void downsample_run(float (&sums)[OUTPUTS], const float* from, int pitch,
                                      const float* taps) {
#pragma unroll
    for (int i = 0; i < (OUTPUTS - 1) * DOWN + DOWN_TAPS; i++) {
        float pixel = from[i * pitch];
#pragma unroll
        for (int j = 0; j < OUTPUTS; j++)
            if (i - j * DOWN >= 0 && i - j * DOWN < DOWN_TAPS)
                sums[j] += taps[i - j * DOWN] * pixel;
    }
}

// Each row of the input becomes a row of upsampled pixels; neighbouring threads take rows.
__device__ inline void upsample_rows(const float* input, float* wide, const float* table) {
    float taps[UP * REACH];
#pragma unroll
    for (int k = 0; k < UP * REACH; k++) taps[k] = table[k];
    for (int item = threadIdx.x; item < IN_H * WORDS_W; item += THREADS) {
        int row = item % IN_H, start = item / IN_H * WORD;
        float samples[WORD] = {};
        upsample_word(samples, input + row * IN_PITCH + start / UP, 1, taps);
#pragma unroll
        for (int j = 0; j < WORD; j++)
            if (start + j < UP_W) wide[row * UP_PITCH + start + j] = samples[j];
    }
}

// Stores 16 finished samples of a column of the upsampled tile.
__device__ inline void store_column(float* upsampled, const float (&samples)[WORD], int start,
                                    int column) {
#pragma unroll
    for (int j = 0; j < WORD; j++)
        if (start + j < UP_H) upsampled[(start + j) * UP_PITCH + column] = samples[j];
}

// Columns of half-upsampled pixels become columns of activated ones.
__device__ inline void upsample_columns(const float* wide, float* upsampled, const float* table,
                                        const Step& step, int u_y, int u_x, int owned_h,
                                        int owned_w) {
    float taps[UP * REACH];
#pragma unroll
    for (int k = 0; k < UP * REACH; k++) taps[k] = table[k];
    for (int item = threadIdx.x; item < UP_W * WORDS_H; item += THREADS) {
        int column = item % UP_W, start = item / UP_W * WORD;
        float samples[WORD] = {};
        upsample_word(samples, wide + start / UP * UP_PITCH + column, UP_PITCH, taps);
        step.finish(samples, u_y + start, u_x + column, start < owned_h && column < owned_w);
        store_column(upsampled, samples, start, column);
    }
}

// The same in one step with a plane of taps, table[phase x][i x][phase y][i y].
__device__ inline void upsample_plane(const float* input, float* upsampled, const float* table,
                                      const Step& step, int u_y, int u_x, int owned_h,
                                      int owned_w) {
    for (int item = threadIdx.x; item < UP_W * WORDS_H; item += THREADS) {
        int column = item % UP_W, start = item / UP_W * WORD;
        const float* from = input + start / UP * IN_PITCH + column / UP;
        const float* taps = table + column % UP * REACH * UP * REACH;
        float samples[WORD] = {};
#pragma unroll 1
        for (int x = 0; x < REACH; x++)
            upsample_word(samples, from + x, IN_PITCH, taps + x * UP * REACH);
        step.finish(samples, u_y + start, u_x + column, start < owned_h && column < owned_w);
        store_column(upsampled, samples, start, column);
    }
}

// Rows of activated pixels become rows of output pixels; neighbouring threads take rows.
__device__ inline void downsample_rows(const float* upsampled, float* narrow_rows,
                                       const float* table, int shift_x) {
    for (int item = threadIdx.x; item < UP_H * (TILE_W / RUN); item += THREADS) {
        int row = item % UP_H, start = item / UP_H * RUN;
        float sums[RUN] = {};
        downsample_run(sums, upsampled + row * UP_PITCH + start * DOWN + shift_x, 1, table);
#pragma unroll
        for (int j = 0; j < RUN; j++) narrow_rows[row * TILE_PITCH + start + j] = sums[j];
    }
}

__device__ inline void downsample_columns(const float* narrow_rows, const Output& output,
                                          const float* table, int shift_y) {
    for (int item = threadIdx.x; item < TILE_W * (TILE_H / RUN); item += THREADS) {
        int column = item % TILE_W, start = item / TILE_W * RUN;
        float sums[RUN] = {};
        downsample_run(sums, narrow_rows + (start * DOWN + shift_y) * TILE_PITCH + column,
                       TILE_PITCH, table);
#pragma unroll
        for (int j = 0; j < RUN; j++) output.store(start + j, column, sums[j]);
    }
}

// The same in one step with a plane of taps, table[x][y].
__device__ inline void downsample_plane(const float* upsampled, const Output& output,
                                        const float* table, int shift_y, int shift_x) {
    for (int item = threadIdx.x; item < TILE_W * (TILE_H / PLANE_RUN); item += THREADS) {
        int column = item % TILE_W, start = item / TILE_W * PLANE_RUN;
        const float* from =
            upsampled + (start * DOWN + shift_y) * UP_PITCH + column * DOWN + shift_x;
        float sums[PLANE_RUN] = {};
#pragma unroll 1
        for (int x = 0; x < DOWN_TAPS; x++)
            downsample_run(sums, from + x, UP_PITCH, table + x * DOWN_TAPS);
#pragma unroll
        for (int j = 0; j < PLANE_RUN; j++) output.store(start + j, column, sums[j]);
    }
}

// What Python passes: ops/cuda/arguments.py, compared at compile time.
struct FilteredLreluArguments {
    const Scalar* x;
    Scalar* y;
    unsigned* masks;
    const float* bias;  // null for none
    const float* up_taps;
    const float* down_taps;
    Geometry geometry;
    int mask_rows, mask_columns, mask_y, mask_x, kind;
    float slope, clamp;
};

extern "C" __global__ void __launch_bounds__(THREADS)
    filtered_lrelu(const FilteredLreluArguments a) {
    __shared__ float first[FIRST];
    __shared__ float second[SECOND];
    __shared__ float up_table[UP_TABLE];
    __shared__ float down_table[DOWN_TABLE];

    const Geometry& g = a.geometry;
    const Place place(g);
    int u_y = place.tile_y * TILE_H * DOWN, u_x = place.tile_x * TILE_W * DOWN;

    for (int i = threadIdx.x; i < UP_TABLE; i += THREADS) up_table[i] = a.up_taps[i];
    for (int i = threadIdx.x; i < DOWN_TABLE; i += THREADS) down_table[i] = a.down_taps[i];
    load_tile<IN_H, IN_W, IN_PITCH>(UP_PLANE ? second : first, a.x, g, place,
                                    g.start_y + u_y / UP, g.start_x + u_x / UP,
                                    a.bias ? a.bias[place.c] : 0.0f);
    __syncthreads();

    Step step = {a.masks + (long long)place.plane * a.mask_rows * a.mask_columns,
                 a.kind, a.mask_rows, a.mask_columns, a.mask_y, a.mask_x, a.slope, a.clamp};
    int owned_h = place.tile_y == g.tiles_y - 1 ? UP_H : TILE_H * DOWN;
    int owned_w = place.tile_x == g.tiles_x - 1 ? UP_W : TILE_W * DOWN;
#if UP_PLANE
    upsample_plane(second, first, up_table, step, u_y, u_x, owned_h, owned_w);
#else
    upsample_rows(first, second, up_table);
    __syncthreads();
    upsample_columns(second, first, up_table + UP * REACH, step, u_y, u_x, owned_h, owned_w);
#endif
    __syncthreads();

    const Output output(a.y, g, place, TILE_H, TILE_W);
#if DOWN_PLANE
    downsample_plane(first, output, down_table, g.shift_y, g.shift_x);
#else
    downsample_rows(first, second, down_table, g.shift_x);
    __syncthreads();
    downsample_columns(second, output, down_table + DOWN_TAPS, g.shift_y);
#endif
}
