// Vectors of 16 floats: one register of AVX-512, two of AVX, four of SSE or NEON.
//
// GCC passes vectors that are wider than a register through memory, so a Vec is made of registers.
// Operators act on whole registers; the compiler sees nothing but those after inlining.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace {

constexpr int LANES = 16;

#if defined(__AVX512F__)
constexpr int REGISTER_BYTES = 64;
#elif defined(__AVX__)
constexpr int REGISTER_BYTES = 32;
#else
constexpr int REGISTER_BYTES = 16;
#endif
constexpr int PARTS = 64 / REGISTER_BYTES;
constexpr int PART_LANES = LANES / PARTS;

typedef float Part __attribute__((vector_size(REGISTER_BYTES)));
typedef int32_t IntPart __attribute__((vector_size(REGISTER_BYTES)));
typedef uint32_t UintPart __attribute__((vector_size(REGISTER_BYTES)));
typedef uint16_t HalfPart __attribute__((vector_size(REGISTER_BYTES / 2)));

#define INLINE inline __attribute__((always_inline))

// Copied register by register: what the compiler makes of a struct goes through memory.
class Vec {
  public:
    Part part[PARTS];

    INLINE Vec() : Vec([](size_t) { return Part{}; }) {}
    INLINE Vec(const Vec& other) : Vec([&](size_t i) { return other.part[i]; }) {}
    INLINE Vec& operator=(const Vec& other) {
        for (int i = 0; i < PARTS; i++) part[i] = other.part[i];
        return *this;
    }
    // {function(0), function(1), …}: no loop, so that no index is left at run time.
    template <typename Function>
    INLINE explicit Vec(Function function) : Vec(function, std::make_index_sequence<PARTS>()) {}

  private:
    template <typename Function, size_t... I>
    INLINE Vec(Function function, std::index_sequence<I...>) : part{function(I)...} {}
};

template <typename Function> INLINE Vec each_part(Function function) { return Vec(function); }

// Not a sum with zero, which would have to turn -0 to 0.
INLINE Part splat_part(float value) { return value - Part{}; }
INLINE Vec splat(float value) {
    return each_part([&](size_t) { return splat_part(value); });
}

INLINE Vec operator+(const Vec& a, const Vec& b) {
    return each_part([&](size_t i) { return a.part[i] + b.part[i]; });
}
INLINE Vec operator-(const Vec& a, const Vec& b) {
    return each_part([&](size_t i) { return a.part[i] - b.part[i]; });
}
INLINE Vec operator*(const Vec& a, Part b) {
    return each_part([&](size_t i) { return a.part[i] * b; });
}
INLINE Vec operator*(const Vec& a, const Vec& b) {
    return each_part([&](size_t i) { return a.part[i] * b.part[i]; });
}
INLINE Vec& operator+=(Vec& a, const Vec& b) { return a = a + b; }

// sum + a * b, in one rounding where the processor can.
INLINE Vec add_product(const Vec& sum, const Vec& a, const Vec& b) {
    return each_part([&](size_t i) { return sum.part[i] + a.part[i] * b.part[i]; });
}
// The same with one factor for all lanes: it takes a single register.
INLINE Vec add_product(const Vec& sum, const Vec& a, Part b) {
    return each_part([&](size_t i) { return sum.part[i] + a.part[i] * b; });
}

// ---------------------------------------------------------------------------------------------
// Memory: float, or bfloat16 as its bits

INLINE Part load_part(const float* p) {
    Part v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
INLINE Part load_part(const uint16_t* p) {
    HalfPart half;
    std::memcpy(&half, p, sizeof half);
    return (Part)(__builtin_convertvector(half, UintPart) << 16);
}

INLINE void store_part(float* p, Part v) { std::memcpy(p, &v, sizeof v); }
INLINE void store_part(uint16_t* p, Part v) {
    const UintPart bits = (UintPart)v;
    const UintPart rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;  // to nearest even
    const UintPart nan = (UintPart)(v != v);
    const HalfPart half =
        __builtin_convertvector((rounded & ~nan) | (nan & 0x7fc0u), HalfPart);
    std::memcpy(p, &half, sizeof half);
}

template <typename T> INLINE Vec load(const T* p) {
    return each_part([&](size_t i) { return load_part(p + i * PART_LANES); });
}
template <typename T> INLINE void store(T* p, const Vec& v) {
    for (int i = 0; i < PARTS; i++) store_part(p + i * PART_LANES, v.part[i]);
}

// The first `count` lanes; the others are zero, and stay as they are in memory.
template <typename T> INLINE Vec load_some(const T* p, int count) {
    T lanes[LANES] = {};
    std::memcpy(lanes, p, count * sizeof(T));
    return load(lanes);
}
template <typename T> INLINE void store_some(T* p, const Vec& v, int count) {
    T lanes[LANES];
    store(lanes, v);
    std::memcpy(p, lanes, count * sizeof(T));
}

#if defined(__AVX512BW__) && defined(__AVX512VL__)
template <> INLINE Vec load_some(const float* p, int count) {
    return each_part([&](size_t) {
        return (Part)_mm512_maskz_loadu_ps(__mmask16((1u << count) - 1), p);
    });
}
template <> INLINE Vec load_some(const uint16_t* p, int count) {
    const __m256i half = _mm256_maskz_loadu_epi16(__mmask16((1u << count) - 1), p);
    return each_part(
        [&](size_t) { return (Part)_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16); });
}
template <> INLINE void store_some(float* p, const Vec& v, int count) {
    _mm512_mask_storeu_ps(p, __mmask16((1u << count) - 1), (__m512)v.part[0]);
}
template <> INLINE void store_some(uint16_t* p, const Vec& v, int count) {
    uint16_t lanes[LANES];
    store(lanes, v);
    _mm256_mask_storeu_epi16(p, __mmask16((1u << count) - 1),
                             _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes)));
}
#elif defined(__AVX__) && !defined(__AVX512F__)
INLINE __m256i lanes_below(int count) {
    const IntPart lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (__m256i)(lane < count);
}
template <> INLINE Vec load_some(const float* p, int count) {
    return each_part([&](size_t i) {
        const int before = int(i) * PART_LANES;
        return (Part)_mm256_maskload_ps(p + before, lanes_below(count - before));
    });
}
template <> INLINE void store_some(float* p, const Vec& v, int count) {
    _mm256_maskstore_ps(p, lanes_below(count), (__m256)v.part[0]);
    _mm256_maskstore_ps(p + PART_LANES, lanes_below(count - PART_LANES), (__m256)v.part[1]);
}
#endif

// ---------------------------------------------------------------------------------------------
// One bit per lane

// The lanes whose sign bit is set.
INLINE uint32_t pack_part(IntPart flags) {
#if defined(__AVX512DQ__)
    return _mm512_movepi32_mask((__m512i)flags);
#elif defined(__AVX__) && !defined(__AVX512F__)
    return uint32_t(_mm256_movemask_ps((__m256)flags));
#else
    const UintPart bits = (UintPart)flags >> 31;
    uint32_t packed = 0;
    for (int l = 0; l < PART_LANES; l++) packed |= bits[l] << l;
    return packed;
#endif
}

// All ones in the lanes whose bit is set.
INLINE IntPart unpack_part(uint32_t bits) {
    UintPart lane = {};
    for (int l = 0; l < PART_LANES; l++) lane[l] = 1u << l;
    return ((UintPart{} + bits) & lane) != 0u;
}

}  // namespace
