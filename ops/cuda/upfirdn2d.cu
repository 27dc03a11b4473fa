// Zero-stuff, pad, filter, drop samples: one tile of one channel's output per block.
//
// Coordinates as in filtered_lrelu.cu: output pixel o lies at u = o * DOWN + shift, and with
// u = UP * q + phase is the sum over i < REACH of table[phase][i] times input pixel (start + q + i).
//
// Compiled for one UP, DOWN, TAPS, PLANE (a plane of taps, or rows and columns in turn), TILE_W,
// TILE_H, PRECISION and THREADS. TILE_H * DOWN and TILE_W * DOWN are multiples of UP.

#include "geometry.cuh"

constexpr int REACH = (TAPS + UP - 1) / UP;
constexpr int IN_H = ((TILE_H - 1) * DOWN + UP - 1) / UP + REACH;
constexpr int IN_W = ((TILE_W - 1) * DOWN + UP - 1) / UP + REACH;
constexpr int IN_PITCH = IN_W | 1;
constexpr int TILE_PITCH = TILE_W | 1;
constexpr int TABLE = PLANE ? UP * REACH * UP * REACH : 2 * UP * REACH;

// What Python passes: ops/cuda/arguments.py, compared at compile time.
struct UpfirdnArguments {
    const Scalar* x;
    Scalar* y;
    const float* taps;
    Geometry geometry;
};

extern "C" __global__ void __launch_bounds__(THREADS) upfirdn2d(const UpfirdnArguments a) {
    __shared__ float input[IN_H * IN_PITCH];
#if !PLANE
    __shared__ float rows[IN_H * TILE_PITCH];
#endif
    __shared__ float table[TABLE];

    const Geometry& g = a.geometry;
    const Place place(g);
    for (int i = threadIdx.x; i < TABLE; i += THREADS) table[i] = a.taps[i];
    load_tile<IN_H, IN_W, IN_PITCH>(input, a.x, g, place,
                                    g.start_y + place.tile_y * (TILE_H * DOWN / UP),
                                    g.start_x + place.tile_x * (TILE_W * DOWN / UP), 0.0f);
    __syncthreads();

#if !PLANE
    for (int i = threadIdx.x; i < IN_H * TILE_W; i += THREADS) {
        int row = i / TILE_W, column = i % TILE_W;
        int u = column * DOWN + g.shift_x;
        const float* from = input + row * IN_PITCH + u / UP;
        const float* weights = table + u % UP * REACH;
        float sum = 0.0f;
        for (int k = 0; k < REACH; k++) sum += weights[k] * from[k];
        rows[row * TILE_PITCH + column] = sum;
    }
    __syncthreads();
#endif

    const Output output(a.y, g, place, TILE_H, TILE_W);
    for (int i = threadIdx.x; i < TILE_H * TILE_W; i += THREADS) {
        int row = i / TILE_W, column = i % TILE_W;
        if (!output.holds(row, column)) continue;
        int u = row * DOWN + g.shift_y;
        float sum = 0.0f;
#if PLANE
        // The table is [phase x][i x][phase y][i y], as filtered_lrelu.cu has it.
        int v = column * DOWN + g.shift_x;
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
        output.store(row, column, sum);
    }
}
