// y = clamp(gain * f(x + bias)), or its derivative times dy, element by element.
//
// The elements are taken in the order they have in memory; the bias runs along a dimension whose
// elements lie `bias_stride` apart. Compiled for one ACTIVATION, GRADIENT (0 or 1), PRECISION and
// THREADS; a block takes THREADS * PER_THREAD elements.

#include "scalar.cuh"

#define LINEAR 0
#define RELU 1
#define LRELU 2
#define TANH 3
#define SIGMOID 4
#define ELU 5
#define SELU 6
#define SOFTPLUS 7
#define SWISH 8

constexpr int PER_THREAD = 4;
#if ACTIVATION == SELU
// Klambauer et al. 2017, equation 14.
constexpr float SELU_SCALE = 1.0507009873554805f;
constexpr float SELU_ALPHA = 1.6732632423543772f;
#endif

__device__ inline float sigmoid(float v) { return 1.0f / (1.0f + expf(-v)); }

__device__ inline float activation(float v, float alpha) {
#if ACTIVATION == RELU
    return v < 0.0f ? 0.0f : v;
#elif ACTIVATION == LRELU
    return v > 0.0f ? v : v * alpha;
#elif ACTIVATION == TANH
    return tanhf(v);
#elif ACTIVATION == SIGMOID
    return sigmoid(v);
#elif ACTIVATION == ELU
    return v > 0.0f ? v : expm1f(v);
#elif ACTIVATION == SELU
    return SELU_SCALE * (v > 0.0f ? v : SELU_ALPHA * expm1f(v));
#elif ACTIVATION == SOFTPLUS
    return fmaxf(v, 0.0f) + log1pf(expf(-fabsf(v)));
#elif ACTIVATION == SWISH
    return v * sigmoid(v);
#else
    return v;
#endif
}

__device__ inline float derivative(float v, float alpha) {
#if ACTIVATION == RELU
    return v > 0.0f ? 1.0f : 0.0f;
#elif ACTIVATION == LRELU
    return v > 0.0f ? 1.0f : alpha;
#elif ACTIVATION == TANH
    float t = tanhf(v);
    return 1.0f - t * t;
#elif ACTIVATION == SIGMOID
    float s = sigmoid(v);
    return s * (1.0f - s);
#elif ACTIVATION == ELU
    return v > 0.0f ? 1.0f : expf(v);
#elif ACTIVATION == SELU
    return SELU_SCALE * (v > 0.0f ? 1.0f : SELU_ALPHA * expf(v));
#elif ACTIVATION == SOFTPLUS
    return sigmoid(v);
#elif ACTIVATION == SWISH
    float s = sigmoid(v);
    return s * (1.0f + v * (1.0f - s));
#else
    return 1.0f;
#endif
}

// What Python passes: ops/cuda/arguments.py, compared at compile time.
struct BiasActArguments {
    const Scalar* x;
    const float* bias;  // null for none
    const Scalar* dy;
    Scalar* y;
    long long count, bias_stride;
    int bias_size;
    float alpha, gain, clamp;
};

extern "C" __global__ void __launch_bounds__(THREADS) bias_act(const BiasActArguments a) {
    long long start = (long long)blockIdx.x * (THREADS * PER_THREAD) + threadIdx.x;
#pragma unroll
    for (int k = 0; k < PER_THREAD; k++) {
        long long i = start + k * THREADS;
        if (i >= a.count) return;
        float v = widen(a.x[i]);
        if (a.bias) v += a.bias[i / a.bias_stride % a.bias_size];
        float result = a.gain * activation(v, a.alpha);
        bool outside = result > a.clamp || result < -a.clamp;
#if GRADIENT
        result = outside ? 0.0f : widen(a.dy[i]) * a.gain * derivative(v, a.alpha);
#else
        if (outside) result = result > 0.0f ? a.clamp : -a.clamp;
#endif
        a.y[i] = narrow(result);
    }
}
