// The type of the images, given by PRECISION, and its conversions: computation is in float.

#define FLOAT32 0
#define FLOAT16 1
#define BFLOAT16 2

#if PRECISION == FLOAT32

typedef float Scalar;

__device__ inline float widen(Scalar value) { return value; }
__device__ inline Scalar narrow(float value) { return value; }

#elif PRECISION == FLOAT16

typedef unsigned short Scalar;

#ifdef __CUDACC__
// Two instructions of every GPU, so that no header has to be found where the program runs.
__device__ inline float widen(Scalar value) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value));
    return wide;
}
__device__ inline Scalar narrow(float value) {
    Scalar rounded;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(rounded) : "f"(value));
    return rounded;
}
#else
__device__ inline float widen(Scalar value) { return half_bits_to_float(value); }
__device__ inline Scalar narrow(float value) { return float_to_half_bits(value); }
#endif

#else

typedef unsigned short Scalar;

// The upper half of a float; by hand, because sm_75 has no instructions for it.
__device__ inline float widen(Scalar value) { return __uint_as_float((unsigned)value << 16); }
__device__ inline Scalar narrow(float value) {
    unsigned bits = __float_as_uint(value);
    if (value != value) return 0x7fff;
    return (Scalar)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

#endif
