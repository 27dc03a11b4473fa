// Zero-stuff, pad, filter, drop samples: one tile of one channel's output per block.
//
// Coordinates as in filtered_lrelu.cu: output pixel o lies at u = o * DOWN + shift, and with
// u = UP * q + phase is the sum over i < REACH of table[phase][i] times input pixel (start + q + i).
//
// Compiled for one UP, DOWN, TAPS, PLANE (a plane of taps, or rows and columns in turn), TILE_W,
// TILE_H, PRECISION and THREADS. TILE_H * DOWN and TILE_W * DOWN are multiples of UP.

#include "scalar.cuh"

constexpr int REACH = (TAPS + UP - 1) / UP;
constexpr int IN_H = ((TILE_H - 1) * DOWN + UP - 1) / UP + REACH;
constexpr int IN_W = ((TILE_W - 1) * DOWN + UP - 1) / UP + REACH;
constexpr int IN_PITCH = IN_W | 1;
constexpr int TILE_PITCH = TILE_W | 1;
constexpr int TABLE = PLANE ? UP * REACH * UP * REACH : 2 * UP * REACH;

extern "C" __global__ void __launch_bounds__(THREADS) upfirdn2d(
    const Scalar* x, Scalar* y, const float* taps, int channels, int in_h, int in_w, int out_h,
    int out_w, long long x_stride_n, long long x_stride_c, long long x_stride_h,
    long long x_stride_w, long long y_stride_n, long long y_stride_c, long long y_stride_h,
    long long y_stride_w, int tiles_y, int tiles_x, int start_y, int start_x, int shift_y,
    int shift_x) {
    __shared__ float input[IN_H * IN_PITCH];
#if !PLANE
    __shared__ float rows[IN_H * TILE_PITCH];
#endif
    __shared__ float table[TABLE];

    int tile_x = blockIdx.x % tiles_x;
    int tile_y = blockIdx.x / tiles_x % tiles_y;
    int plane = blockIdx.x / tiles_x / tiles_y;
    int n = plane / channels, c = plane % channels;

    for (int i = threadIdx.x; i < TABLE; i += THREADS) table[i] = taps[i];
    const Scalar* image = x + n * x_stride_n + c * x_stride_c;
    for (int i = threadIdx.x; i < IN_H * IN_W; i += THREADS) {
        int row = i / IN_W, column = i % IN_W;
        int in_y = start_y + tile_y * (TILE_H * DOWN / UP) + row;
        int in_x = start_x + tile_x * (TILE_W * DOWN / UP) + column;
        bool inside = in_y >= 0 && in_y < in_h && in_x >= 0 && in_x < in_w;
        input[row * IN_PITCH + column] =
            inside ? widen(image[in_y * x_stride_h + in_x * x_stride_w]) : 0.0f;
    }
    __syncthreads();

#if !PLANE
    for (int i = threadIdx.x; i < IN_H * TILE_W; i += THREADS) {
        int row = i / TILE_W, column = i % TILE_W;
        int u = column * DOWN + shift_x;
        const float* from = input + row * IN_PITCH + u / UP;
        const float* weights = table + u % UP * REACH;
        float sum = 0.0f;
        for (int k = 0; k < REACH; k++) sum += weights[k] * from[k];
        rows[row * TILE_PITCH + column] = sum;
    }
    __syncthreads();
#endif

    Scalar* tile = y + n * y_stride_n + c * y_stride_c;
    for (int i = threadIdx.x; i < TILE_H * TILE_W; i += THREADS) {
        int row = i / TILE_W, column = i % TILE_W;
        int out_y = tile_y * TILE_H + row, out_x = tile_x * TILE_W + column;
        if (out_y >= out_h || out_x >= out_w) continue;
        int u = row * DOWN + shift_y;
        float sum = 0.0f;
#if PLANE
        // The table is [phase x][i x][phase y][i y], as filtered_lrelu.cu has it.
        int v = column * DOWN + shift_x;
        const float* from = input + u / UP * IN_PITCH + v / UP;
        const float* weights = table + (v % UP * REACH * UP + u % UP) * REACH;
        for (int kx = 0; kx < REACH; kx++)
            for (int ky = 0; ky < REACH; ky++)
                sum += weights[kx * UP * REACH + ky] * from[ky * IN_PITCH + kx];
#else
        const float* from = rows + u / UP * TILE_PITCH + column;
        const float* weights = table + (UP + u % UP) * REACH;
        for (int k = 0; k < REACH; k++) sum += weights[k] * from[k * TILE_PITCH];
#endif
        tile[out_y * y_stride_h + out_x * y_stride_w] = narrow(sum);
    }
}
