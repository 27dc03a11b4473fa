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

#include "scalar.cuh"

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

// Each row of the input becomes a row of upsampled pixels; neighbouring threads take rows.
__device__ inline void upsample_rows(const float* input, float* wide, const float* table) {
    float taps[UP * REACH];
#pragma unroll
    for (int k = 0; k < UP * REACH; k++) taps[k] = table[k];
    for (int item = threadIdx.x; item < IN_H * WORDS_W; item += THREADS) {
        int row = item % IN_H, start = item / IN_H * WORD;
        const float* from = input + row * IN_PITCH + start / UP;
        float window[WORD / UP + REACH - 1];
#pragma unroll
        for (int i = 0; i < WORD / UP + REACH - 1; i++) window[i] = from[i];
#pragma unroll
        for (int j = 0; j < WORD; j++) {
            float sum = 0.0f;
#pragma unroll
            for (int i = 0; i < REACH; i++) sum += taps[j % UP * REACH + i] * window[j / UP + i];
            if (start + j < UP_W) wide[row * UP_PITCH + start + j] = sum;
        }
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
        const float* from = wide + start / UP * UP_PITCH + column;
        float window[WORD / UP + REACH - 1], samples[WORD];
#pragma unroll
        for (int i = 0; i < WORD / UP + REACH - 1; i++) window[i] = from[i * UP_PITCH];
#pragma unroll
        for (int j = 0; j < WORD; j++) {
            samples[j] = 0.0f;
#pragma unroll
            for (int i = 0; i < REACH; i++)
                samples[j] += taps[j % UP * REACH + i] * window[j / UP + i];
        }
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
        float samples[WORD];
#pragma unroll
        for (int j = 0; j < WORD; j++) samples[j] = 0.0f;
#pragma unroll 1
        for (int x = 0; x < REACH; x++, taps += UP * REACH) {
            float window[WORD / UP + REACH - 1];
#pragma unroll
            for (int i = 0; i < WORD / UP + REACH - 1; i++) window[i] = from[i * IN_PITCH + x];
#pragma unroll
            for (int phase = 0; phase < UP; phase++) {
#pragma unroll
                for (int i = 0; i < REACH; i++) {
                    float tap = taps[phase * REACH + i];
#pragma unroll
                    for (int q = 0; q < WORD / UP; q++)
                        samples[q * UP + phase] += tap * window[q + i];
                }
            }
        }
        step.finish(samples, u_y + start, u_x + column, start < owned_h && column < owned_w);
        store_column(upsampled, samples, start, column);
    }
}

// Rows of activated pixels become rows of output pixels; neighbouring threads take rows.
__device__ inline void downsample_rows(const float* upsampled, float* narrow_rows,
                                       const float* table, int shift_x) {
    for (int item = threadIdx.x; item < UP_H * (TILE_W / RUN); item += THREADS) {
        int row = item % UP_H, start = item / UP_H * RUN;
        const float* from = upsampled + row * UP_PITCH + start * DOWN + shift_x;
        float sums[RUN];
#pragma unroll
        for (int j = 0; j < RUN; j++) sums[j] = 0.0f;
        // Every pixel is read once, and used in all the outputs that need it.
#pragma unroll
        for (int i = 0; i < (RUN - 1) * DOWN + DOWN_TAPS; i++) {
            float pixel = from[i];
#pragma unroll
            for (int j = 0; j < RUN; j++)
                if (i - j * DOWN >= 0 && i - j * DOWN < DOWN_TAPS)
                    sums[j] += table[i - j * DOWN] * pixel;
        }
#pragma unroll
        for (int j = 0; j < RUN; j++) narrow_rows[row * TILE_PITCH + start + j] = sums[j];
    }
}

// Where a block leaves its tile of the output.
struct Output {
    Scalar* start;
    long long stride_h, stride_w;
    int height, width;

    __device__ void store(int y, int x, float value) const {
        if (y < height && x < width) start[y * stride_h + x * stride_w] = narrow(value);
    }
};

__device__ inline void downsample_columns(const float* narrow_rows, const Output& output,
                                          const float* table, int shift_y) {
    for (int item = threadIdx.x; item < TILE_W * (TILE_H / RUN); item += THREADS) {
        int column = item % TILE_W, start = item / TILE_W * RUN;
        const float* from = narrow_rows + (start * DOWN + shift_y) * TILE_PITCH + column;
        float sums[RUN];
#pragma unroll
        for (int j = 0; j < RUN; j++) sums[j] = 0.0f;
#pragma unroll
        for (int i = 0; i < (RUN - 1) * DOWN + DOWN_TAPS; i++) {
            float pixel = from[i * TILE_PITCH];
#pragma unroll
            for (int j = 0; j < RUN; j++)
                if (i - j * DOWN >= 0 && i - j * DOWN < DOWN_TAPS)
                    sums[j] += table[i - j * DOWN] * pixel;
        }
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
        const float* taps = table;
        float sums[PLANE_RUN];
#pragma unroll
        for (int j = 0; j < PLANE_RUN; j++) sums[j] = 0.0f;
#pragma unroll 1
        for (int x = 0; x < DOWN_TAPS; x++, taps += DOWN_TAPS) {
#pragma unroll
            for (int i = 0; i < (PLANE_RUN - 1) * DOWN + DOWN_TAPS; i++) {
                float pixel = from[i * UP_PITCH + x];
#pragma unroll
                for (int j = 0; j < PLANE_RUN; j++)
                    if (i - j * DOWN >= 0 && i - j * DOWN < DOWN_TAPS)
                        sums[j] += taps[i - j * DOWN] * pixel;
            }
        }
#pragma unroll
        for (int j = 0; j < PLANE_RUN; j++) output.store(start + j, column, sums[j]);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) filtered_lrelu(
    const Scalar* x, Scalar* y, unsigned* masks, const float* bias, const float* up_taps,
    const float* down_taps, int channels, int in_h, int in_w, int out_h, int out_w,
    long long x_stride_n, long long x_stride_c, long long x_stride_h, long long x_stride_w,
    long long y_stride_n, long long y_stride_c, long long y_stride_h, long long y_stride_w,
    int tiles_y, int tiles_x, int start_y, int start_x, int shift_y, int shift_x, int mask_rows,
    int mask_columns, int mask_y, int mask_x, int kind, float slope, float clamp) {
    __shared__ float first[FIRST];
    __shared__ float second[SECOND];
    __shared__ float up_table[UP_TABLE];
    __shared__ float down_table[DOWN_TABLE];

    int tile_x = blockIdx.x % tiles_x;
    int tile_y = blockIdx.x / tiles_x % tiles_y;
    int plane = blockIdx.x / tiles_x / tiles_y;
    int n = plane / channels, c = plane % channels;
    int u_y = tile_y * TILE_H * DOWN, u_x = tile_x * TILE_W * DOWN;

    for (int i = threadIdx.x; i < UP_TABLE; i += THREADS) up_table[i] = up_taps[i];
    for (int i = threadIdx.x; i < DOWN_TABLE; i += THREADS) down_table[i] = down_taps[i];
    float* input = UP_PLANE ? second : first;
    const Scalar* image = x + n * x_stride_n + c * x_stride_c;
    float offset = bias ? bias[c] : 0.0f;
    for (int i = threadIdx.x; i < IN_H * IN_W; i += THREADS) {
        int row = i / IN_W, column = i % IN_W;
        int in_y = start_y + u_y / UP + row, in_x = start_x + u_x / UP + column;
        bool inside = in_y >= 0 && in_y < in_h && in_x >= 0 && in_x < in_w;
        input[row * IN_PITCH + column] =
            inside ? widen(image[in_y * x_stride_h + in_x * x_stride_w]) + offset : 0.0f;
    }
    __syncthreads();

    Step step = {masks + (long long)plane * mask_rows * mask_columns,
                 kind, mask_rows, mask_columns, mask_y, mask_x, slope, clamp};
    int owned_h = tile_y == tiles_y - 1 ? UP_H : TILE_H * DOWN;
    int owned_w = tile_x == tiles_x - 1 ? UP_W : TILE_W * DOWN;
#if UP_PLANE
    upsample_plane(second, first, up_table, step, u_y, u_x, owned_h, owned_w);
#else
    upsample_rows(first, second, up_table);
    __syncthreads();
    upsample_columns(second, first, up_table + UP * REACH, step, u_y, u_x, owned_h, owned_w);
#endif
    __syncthreads();

    Output output = {y + n * y_stride_n + c * y_stride_c + tile_y * TILE_H * y_stride_h +
                         tile_x * TILE_W * y_stride_w,
                     y_stride_h, y_stride_w, out_h - tile_y * TILE_H, out_w - tile_x * TILE_W};
#if DOWN_PLANE
    downsample_plane(first, output, down_table, shift_y, shift_x);
#else
    downsample_rows(first, second, down_table, shift_x);
    __syncthreads();
    downsample_columns(second, output, down_table + DOWN_TAPS, shift_y);
#endif
}
