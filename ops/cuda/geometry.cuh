// Where the tiles of a resampling lie, and how a block brings its tile of the input in.

#include "scalar.cuh"

struct Geometry {
    int channels, in_h, in_w, out_h, out_w;
    int tiles_y, tiles_x;
    // The input pixel of the first aligned group of upsampled pixels, and the upsampled pixels from
    // the start of that group to the upsampled image.
    int start_y, start_x, shift_y, shift_x;
    long long x_stride_n, x_stride_c, x_stride_h, x_stride_w;
    long long y_stride_n, y_stride_c, y_stride_h, y_stride_w;
};

// The tile of the block that asks: one tile of one channel of one image.
struct Place {
    int tile_y, tile_x, plane, n, c;

    __device__ Place(const Geometry& g)
        : tile_y(blockIdx.x / g.tiles_x % g.tiles_y),
          tile_x(blockIdx.x % g.tiles_x),
          plane(blockIdx.x / g.tiles_x / g.tiles_y),
          n(plane / g.channels),
          c(plane % g.channels) {}
};

// Brings IN_H x IN_W pixels, those from input pixel (first_y, first_x) on, into shared memory, plus
// `offset`; zeros beyond the image.
template <int IN_H, int IN_W, int PITCH>
__device__ inline void load_tile(float* input, const Scalar* x, const Geometry& g,
                                 const Place& place, int first_y, int first_x, float offset) {
    const Scalar* image = x + place.n * g.x_stride_n + place.c * g.x_stride_c;
    for (int i = threadIdx.x; i < IN_H * IN_W; i += THREADS) {
        int row = i / IN_W, column = i % IN_W;
        int in_y = first_y + row, in_x = first_x + column;
        bool inside = in_y >= 0 && in_y < g.in_h && in_x >= 0 && in_x < g.in_w;
        input[row * PITCH + column] =
            inside ? widen(image[in_y * g.x_stride_h + in_x * g.x_stride_w]) + offset : 0.0f;
    }
}

// Where a block leaves its tile of the output.
struct Output {
    Scalar* start;
    long long stride_h, stride_w;
    int height, width;

    __device__ Output(Scalar* y, const Geometry& g, const Place& place, int tile_h, int tile_w)
        : start(y + place.n * g.y_stride_n + place.c * g.y_stride_c +
                place.tile_y * tile_h * g.y_stride_h + place.tile_x * tile_w * g.y_stride_w),
          stride_h(g.y_stride_h),
          stride_w(g.y_stride_w),
          height(g.out_h - place.tile_y * tile_h),
          width(g.out_w - place.tile_x * tile_w) {}

    __device__ bool holds(int y, int x) const { return y < height && x < width; }
    __device__ void store(int y, int x, float value) const {
        if (holds(y, x)) start[y * stride_h + x * stride_w] = narrow(value);
    }
};
