// What Python passes: the fields of ops/cpu/jobs.py, whose places are compared at compile time.

#pragma once

#include <cstdint>

enum Step : int32_t {
    LINEAR = 0,         // nothing between the two resamplings
    ACTIVATE = 1,       // leaky ReLU, clamp
    ACTIVATE_MASK = 2,  // the same, remembering signs and clamps
    APPLY_MASK = 3,     // multiply by the derivative that was remembered
};

enum Precision : int32_t { FLOAT32 = 0, BFLOAT16 = 1 };

// Taps are reversed and scaled by the caller: the kernel correlates.
struct ResampleJob {
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
    int64_t pad_x, pad_y;
    int32_t up, down, up_size, down_size;
    int32_t step, precision, threads;
    float slope, clamp;
};

// Memory holds [images, rows, channels, inner] elements without gaps; rows or inner is 1.
struct ElementwiseJob {
    const void* x;
    void* y;
    uint32_t* mask;  // 2 bits an element, as above; every stretch (elementwise.h) begins a word
    const float* bias;      // [channels] or null
    const float* in_gain;   // [images, channels] or null
    const float* out_gain;  // [images, channels] or null
    float* sums;            // [stretches, parts, 2, period] or null: as above
    const void* partner;
    int32_t* clamped;
    int64_t images, rows, channels, inner;
    int32_t step, precision, threads;
    float gain, slope, clamp;  // the gain is positive
};

// Weights of a 3x3 convolution, evaluated at Winograd's points (winograd.h).
struct WinogradWeightsJob {
    const float* weight;  // of output 0 and input 0, its first tap
    float* to;            // [36, in_c, ceil(out_c/16) * 16]
    int64_t in_c, out_c, stride_o, stride_i, stride_y, stride_x;
    int32_t threads;
};

// y = out_gain * convolution(in_gain * x) + offset; images are channels-last without gaps.
struct WinogradJob {
    const float* x;
    const float* weights;  // evaluated
    float* y;
    const float* in_gain;   // [N, in_c] or null
    const float* out_gain;  // [N, out_c] or null
    const float* offset;    // one for each pixel, the same for all channels, or null
    int64_t n, in_c, out_c, h, w, out_h, out_w, pad;
    int64_t offset_stride_n;  // 0: all images have the same
    int32_t threads;
};

// The gradient that such a convolution's weights have where `dy` is that of its result.
struct WinogradGradientJob {
    const float* x;
    const float* dy;
    float* dw;       // of output 0 and input 0, its first tap
    float* scratch;  // afv_winograd_scratch floats
    int64_t n, in_c, out_c, h, w, out_h, out_w, pad;
    int64_t stride_o, stride_i, stride_y, stride_x;
    int32_t threads;
};
