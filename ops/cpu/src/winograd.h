// 3x3 convolution by Winograd's minimal filtering F(4x4, 3x3): 36 products for 16 outputs, not 144.
//
// Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks". Every 6x6 patch of the
// input, 4 pixels apart, is evaluated at 6x6 points, multiplied there by the evaluated weights,
// summed over the input's channels, and interpolated to a tile of 4x4 outputs. The points are 0,
// ±2/3, ±3/2 and infinity: their rounding errors are 7 dB below those of 0, ±1, ±2.
//
// Evaluated patches and products lie as [point][block of 16 channels][tile][16]: a product finds
// its factors at fixed distances from one address, and transforms load and store whole vectors.
//
// A thread takes some tiles from the input to the output. Every output is the same sum in the same
// order whatever the number of threads, images or tiles.

#pragma once

#include <algorithm>
#include <cstdint>

#include "arena.h"
#include "job.h"
#include "simd.h"
#include "threads.h"

namespace {

constexpr int PATCH = 6;  // inputs of a tile along either axis, and points
constexpr int TILE = 4;   // outputs of a tile along either axis
constexpr int TAPS = 3;
constexpr int POINTS = PATCH * PATCH;
// Products of a thread's tiles should stay in its second-level cache, yet a weight be used often.
constexpr int64_t TILES_AT_ONCE = 28;

constexpr float NEAR = 2.0f / 3, FAR = 1.5f;  // the points; their product is 1
constexpr float NEAR2 = NEAR * NEAR, FAR2 = FAR * FAR;

// ---------------------------------------------------------------------------------------------
// One-dimensional transforms of rows or columns, whose elements lie `step` apart.

// Evaluates 6 inputs at the 6 points.
INLINE void evaluate_input(const Vec* v, int64_t step, Vec* to, int64_t to_step) {
    const Vec d0 = v[0], d1 = v[step], d2 = v[2 * step], d3 = v[3 * step], d4 = v[4 * step],
              d5 = v[5 * step];
    const Part near = splat_part(NEAR), far = splat_part(FAR), sum = splat_part(NEAR2 + FAR2);
    const Part near2 = splat_part(NEAR2), far2 = splat_part(FAR2);
    const Vec near_even = add_product(d4, d2, -far2), near_odd = add_product(d3, d1, -far2);
    const Vec far_even = add_product(d4, d2, -near2), far_odd = add_product(d3, d1, -near2);
    to[0] = add_product(d4 + d0, d2, -sum);
    to[to_step] = add_product(near_even, near_odd, near);
    to[2 * to_step] = add_product(near_even, near_odd, -near);
    to[3 * to_step] = add_product(far_even, far_odd, far);
    to[4 * to_step] = add_product(far_even, far_odd, -far);
    to[5 * to_step] = add_product(d5 + d1, d3, -sum);
}

// Interpolates 4 outputs from the products at the 6 points.
INLINE void interpolate_output(const Vec* v, int64_t step, Vec* to, int64_t to_step) {
    const Vec m1 = v[step], m2 = v[2 * step], m3 = v[3 * step], m4 = v[4 * step];
    const Vec near_even = m1 + m2, near_odd = m1 - m2, far_even = m3 + m4, far_odd = m3 - m4;
    const Part near = splat_part(NEAR), far = splat_part(FAR);
    const Part near2 = splat_part(NEAR2), far2 = splat_part(FAR2);
    const Part near3 = splat_part(NEAR2 * NEAR), far3 = splat_part(FAR2 * FAR);
    to[0] = v[0] + near_even + far_even;
    to[to_step] = add_product(near_odd * near, far_odd, far);
    to[2 * to_step] = add_product(near_even * near2, far_even, far2);
    to[3 * to_step] = add_product(add_product(v[5 * step], near_odd, near3), far_odd, far3);
}

// Its transpose: evaluates 4 outputs at the 6 points.
INLINE void evaluate_output(const Vec* v, int64_t step, Vec* to, int64_t to_step) {
    const Vec y0 = v[0], y1 = v[step], y2 = v[2 * step], y3 = v[3 * step];
    const Part near = splat_part(NEAR), far = splat_part(FAR);
    const Part near2 = splat_part(NEAR2), far2 = splat_part(FAR2);
    const Vec near_even = add_product(y0, y2, near2), near_odd = add_product(y1, y3, near2);
    const Vec far_even = add_product(y0, y2, far2), far_odd = add_product(y1, y3, far2);
    to[0] = y0;
    to[to_step] = add_product(near_even, near_odd, near);
    to[2 * to_step] = add_product(near_even, near_odd, -near);
    to[3 * to_step] = add_product(far_even, far_odd, far);
    to[4 * to_step] = add_product(far_even, far_odd, -far);
    to[5 * to_step] = y3;
}

// A point's numerator, 1 / (the product of its differences from the other points).
constexpr float NEAR_SCALE = 1 / (2 * NEAR2 * (NEAR2 - FAR2));
constexpr float FAR_SCALE = 1 / (2 * FAR2 * (FAR2 - NEAR2));

// Evaluates the 3 taps of a filter at the 6 points.
INLINE void evaluate_filter(const Vec* v, int64_t step, Vec* to, int64_t to_step) {
    const Vec w0 = v[0], w1 = v[step], w2 = v[2 * step];
    const Vec near_even = add_product(w0, w2, splat_part(NEAR2)) * splat_part(NEAR_SCALE);
    const Vec far_even = add_product(w0, w2, splat_part(FAR2)) * splat_part(FAR_SCALE);
    const Part near = splat_part(NEAR * NEAR_SCALE), far = splat_part(FAR * FAR_SCALE);
    to[0] = w0;
    to[to_step] = add_product(near_even, w1, near);
    to[2 * to_step] = add_product(near_even, w1, -near);
    to[3 * to_step] = add_product(far_even, w1, far);
    to[4 * to_step] = add_product(far_even, w1, -far);
    to[5 * to_step] = w2;
}

// Its transpose: 3 taps from the sums at the 6 points.
INLINE void gather_filter(const Vec* v, int64_t step, Vec* to, int64_t to_step) {
    const Vec m1 = v[step], m2 = v[2 * step], m3 = v[3 * step], m4 = v[4 * step];
    const Vec near_even = (m1 + m2) * splat_part(NEAR_SCALE);
    const Vec far_even = (m3 + m4) * splat_part(FAR_SCALE);
    const Vec near_odd = (m1 - m2) * splat_part(NEAR * NEAR_SCALE);
    to[0] = v[0] + near_even + far_even;
    to[to_step] = add_product(near_odd, m3 - m4, splat_part(FAR * FAR_SCALE));
    to[2 * to_step] = add_product(add_product(v[5 * step], near_even, splat_part(NEAR2)), far_even,
                                  splat_part(FAR2));
}

// A two-dimensional transform: of columns, then of rows; the results lie `to_step` apart.
template <int FROM, int TO, void (*TRANSFORM)(const Vec*, int64_t, Vec*, int64_t)>
INLINE void transform_both(const Vec* v, int64_t step, Vec* to, int64_t to_step) {
    Vec half[TO * FROM];
#pragma GCC unroll 1
    for (int x = 0; x < FROM; x++) TRANSFORM(v + x * step, FROM * step, half + x, FROM);
#pragma GCC unroll 1
    for (int y = 0; y < TO; y++)
        TRANSFORM(half + y * FROM, 1, to + y * TO * to_step, to_step);
}

// ---------------------------------------------------------------------------------------------
// Products: as many rows and columns (vectors of output channels) as registers hold.

#if defined(__AVX512F__)
constexpr int ROWS = 14, COLUMNS = 2, GRADIENT_ROWS = 8;
#elif defined(__AVX__) || defined(__aarch64__)
constexpr int ROWS = 6, COLUMNS = 1, GRADIENT_ROWS = 4;
#else
constexpr int ROWS = 2, COLUMNS = 1, GRADIENT_ROWS = 2;
#endif

// sums[r][p] += factors[r * factor_step] * columns[p], a register each.
template <int R, int P>
INLINE void add_products(Part (&sums)[R][P], const float* factors, int64_t factor_step,
                         const Part (&columns)[P]) {
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
        const Part factor = splat_part(factors[r * factor_step]);
#pragma GCC unroll 8
        for (int p = 0; p < P; p++) sums[r][p] += factor * columns[p];
    }
}

// product[c][r] = sum_k patch[k / 16][r][k % 16] * weight[k][c] for R tiles and C vectors of
// outputs; the strides between blocks of 16 channels are in floats. Fetches what lies at `soon`.
template <int R, int C>
void multiply(const float* patch, int64_t patch_stride, const float* weight, int64_t depth,
              float* product, int64_t product_stride, const float* soon, int64_t soon_step) {
    constexpr int P = C * PARTS;
    Part sums[R][P] = {};
    for (int64_t block = 0; block < depth; block += LANES, patch += patch_stride) {
        const int count = int(std::min<int64_t>(LANES, depth - block));
        for (int k = 0; k < count; k++, weight += C * LANES, soon += soon_step) {
            __builtin_prefetch(soon);
            Part columns[P];
#pragma GCC unroll 8
            for (int p = 0; p < P; p++) columns[p] = load_part(weight + p * PART_LANES);
            add_products(sums, patch + k, LANES, columns);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int p = 0; p < P; p++)
            store_part(product + p / PARTS * product_stride + r * LANES + p % PARTS * PART_LANES,
                       sums[r][p]);
}

using MultiplyFn = void (*)(const float*, int64_t, const float*, int64_t, float*, int64_t,
                            const float*, int64_t);

template <int C, size_t... R>
MultiplyFn choose_multiply(int rows, std::index_sequence<R...>) {
    static constexpr MultiplyFn functions[] = {multiply<int(R) + 1, C>...};
    return functions[rows - 1];
}

inline MultiplyFn choose_multiply(int rows, int columns) {
    using Rows = std::make_index_sequence<ROWS>;
    return columns == 1 ? choose_multiply<1>(rows, Rows()) : choose_multiply<COLUMNS>(rows, Rows());
}

// sums[r][c] += sum_t x[t][r] * dy[c][t] for C vectors of outputs; a row of sums is `step` floats.
template <int C>
void add_outer(const float* x, const float* dy, int64_t dy_stride, int64_t tiles, float* sums,
               int64_t step) {
    constexpr int R = GRADIENT_ROWS, P = C * PARTS;
    Part own[R][P] = {};
    for (int64_t t = 0; t < tiles; t++) {
        Part columns[P];
#pragma GCC unroll 8
        for (int p = 0; p < P; p++)
            columns[p] =
                load_part(dy + p / PARTS * dy_stride + t * LANES + p % PARTS * PART_LANES);
        add_products(own, x + t * LANES, 1, columns);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int p = 0; p < P; p++) {
            float* to = sums + r * step + p * PART_LANES;
            store_part(to, load_part(to) + own[r][p]);
        }
}

// ---------------------------------------------------------------------------------------------
// Tiles of images

inline int64_t blocks_of(int64_t channels) { return (channels + LANES - 1) / LANES; }

// An odd number of vectors between points: powers of two would share lines of the cache.
inline int64_t point_step(int64_t channels, int64_t tiles) {
    return (blocks_of(channels) * tiles) | 1;
}

struct Tiles {
    int64_t rows, columns, count;

    Tiles(int64_t images, int64_t height, int64_t width)
        : rows((height + TILE - 1) / TILE), columns((width + TILE - 1) / TILE),
          count(images * rows * columns) {}

    // Image, and the first output row and column of a tile.
    void place(int64_t tile, int64_t* image, int64_t* top, int64_t* left) const {
        *left = tile % columns * TILE;
        *top = tile / columns % rows * TILE;
        *image = tile / (rows * columns);
    }
};

// SIDE x SIDE pixels of 16 channels at most; zero beyond the image and the channels.
template <int SIDE>
INLINE void load_square(const float* image, int64_t height, int64_t width, int64_t channels,
                        int64_t top, int64_t left, int64_t block, Vec* to) {
    const int lanes = int(std::min<int64_t>(LANES, channels - block * LANES));
    image += block * LANES;
    if (lanes == LANES && top >= 0 && left >= 0 && top + SIDE <= height && left + SIDE <= width) {
        for (int y = 0; y < SIDE; y++)
#pragma GCC unroll 6
            for (int x = 0; x < SIDE; x++)
                to[y * SIDE + x] = load(image + ((top + y) * width + left + x) * channels);
        return;
    }
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int64_t row = top + y, column = left + x;
            const bool within = row >= 0 && row < height && column >= 0 && column < width;
            to[y * SIDE + x] =
                within ? load_some(image + (row * width + column) * channels, lanes) : Vec();
        }
}

// Some tiles, evaluated, multiplied and interpolated by one thread.
class WinogradBlock {
  public:
    WinogradBlock(const WinogradJob& job, const Tiles& tiles, int64_t first, int64_t end,
                  Arena& arena)
        : job_(job), tiles_(tiles), first_(first), count_(end - first),
          out_blocks_(blocks_of(job.out_c)), patch_step_(point_step(job.in_c, count_)),
          product_step_(point_step(job.out_c, count_)) {
        arena.reset(POINTS * (patch_step_ + product_step_));
        patches_ = arena.take(POINTS * patch_step_);
        products_ = arena.take(POINTS * product_step_);
    }

    void run() {
        for (int64_t t = 0; t < count_; t++) evaluate(t);
        for (int point = 0; point < POINTS; point++) multiply_all(point);
        for (int64_t t = 0; t < count_; t++) interpolate(t);
    }

  private:
    void evaluate(int64_t t) {
        int64_t image, top, left;
        tiles_.place(first_ + t, &image, &top, &left);
        const float* x = job_.x + image * job_.h * job_.w * job_.in_c;
        for (int64_t b = 0; b < blocks_of(job_.in_c); b++) {
            Vec patch[POINTS];
            load_square<PATCH>(x, job_.h, job_.w, job_.in_c, top - job_.pad, left - job_.pad, b,
                               patch);
            if (job_.in_gain) {
                const Vec gain = gains(job_.in_gain, job_.in_c, image, b);
                for (int i = 0; i < POINTS; i++) patch[i] = patch[i] * gain;
            }
            transform_both<PATCH, PATCH, evaluate_input>(patch, 1, patches_ + b * count_ + t,
                                                         patch_step_);
        }
    }

    void multiply_all(int point) {
        const float* weight = job_.weights + point * job_.in_c * out_blocks_ * LANES;
        const float* patch = reinterpret_cast<const float*>(patches_ + point * patch_step_);
        float* product = reinterpret_cast<float*>(products_ + point * product_step_);
        const int64_t panels = (count_ + ROWS - 1) / ROWS;
        for (int64_t group = 0; group < out_blocks_; group += COLUMNS) {
            const int columns = int(std::min<int64_t>(COLUMNS, out_blocks_ - group));
            const int64_t size = columns * LANES * job_.in_c;
            // The panels of a group fetch the weights of the next, each its share.
            const int64_t soon_step = (columns * LANES + panels - 1) / panels;
            for (int64_t p = 0; p < panels; p++) {
                const int64_t start = p * count_ / panels, end = (p + 1) * count_ / panels;
                choose_multiply(int(end - start), columns)(
                    patch + start * LANES, count_ * LANES, weight, job_.in_c,
                    product + (group * count_ + start) * LANES, count_ * LANES,
                    weight + size + p * soon_step * job_.in_c, soon_step);
            }
            weight += size;
        }
    }

    void interpolate(int64_t t) {
        int64_t image, top, left;
        tiles_.place(first_ + t, &image, &top, &left);
        const int height = int(std::min<int64_t>(TILE, job_.out_h - top));
        const int width = int(std::min<int64_t>(TILE, job_.out_w - left));
        const int64_t corner = (image * job_.out_h + top) * job_.out_w + left;
        const float* offset =
            job_.offset ? job_.offset + image * job_.offset_stride_n + top * job_.out_w + left
                        : nullptr;
        for (int64_t b = 0; b < out_blocks_; b++) {
            const int lanes = int(std::min<int64_t>(LANES, job_.out_c - b * LANES));
            Vec out[TILE * TILE];
            transform_both<PATCH, TILE, interpolate_output>(products_ + b * count_ + t,
                                                            product_step_, out, 1);
            const Vec gain =
                job_.out_gain ? gains(job_.out_gain, job_.out_c, image, b) : splat(1.0f);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    const int64_t pixel = y * job_.out_w + x;
                    const Vec added = splat(offset ? offset[pixel] : 0.0f);
                    const Vec v = add_product(added, out[y * TILE + x], gain);
                    float* to = job_.y + (corner + pixel) * job_.out_c + b * LANES;
                    if (lanes == LANES)
                        store(to, v);
                    else
                        store_some(to, v, lanes);
                }
        }
    }

    static Vec gains(const float* all, int64_t channels, int64_t image, int64_t block) {
        const int64_t first = block * LANES;
        return load_some(all + image * channels + first,
                         int(std::min<int64_t>(LANES, channels - first)));
    }

    const WinogradJob& job_;
    const Tiles& tiles_;
    const int64_t first_, count_, out_blocks_, patch_step_, product_step_;
    Vec *patches_, *products_;
};

inline bool convolve(const WinogradJob& job) {
    const Tiles tiles(job.n, job.out_h, job.out_w);
    int64_t blocks = (tiles.count + TILES_AT_ONCE - 1) / TILES_AT_ONCE;
    // Few blocks are dealt out evenly.
    if (blocks < 4 * job.threads) blocks = (blocks + job.threads - 1) / job.threads * job.threads;
    blocks = std::min(blocks, tiles.count);
    return run_tasks(blocks, job.threads, [&](int64_t i, Arena& arena) {
        const int64_t first = i * tiles.count / blocks, end = (i + 1) * tiles.count / blocks;
        WinogradBlock(job, tiles, first, end, arena).run();
    });
}

// ---------------------------------------------------------------------------------------------
// Weights: [point][group of COLUMNS vectors of outputs][input][outputs]

// Evaluates some inputs' weights for one group of outputs.
class WinogradWeights {
    // Evaluated together, then stored point by point: points lie a power of two apart, and would
    // share lines of the cache.
    static constexpr int64_t INPUTS = 16;

  public:
    explicit WinogradWeights(const WinogradWeightsJob& job)
        : job_(job), blocks_(blocks_of(job.out_c)) {}

    bool run() const {
        const int64_t groups = (blocks_ + COLUMNS - 1) / COLUMNS;
        const int64_t shares = (job_.in_c + INPUTS - 1) / INPUTS;
        return run_tasks(groups * shares, job_.threads, [&](int64_t task, Arena& arena) {
            const int64_t first = task % shares * INPUTS;
            evaluate(task / shares * COLUMNS, first, std::min(first + INPUTS, job_.in_c), arena);
        });
    }

  private:
    void evaluate(int64_t group, int64_t first, int64_t end, Arena& arena) const {
        const int64_t columns = std::min<int64_t>(COLUMNS, blocks_ - group);
        const int64_t vectors = (end - first) * columns;
        arena.reset(POINTS * vectors);
        Vec* const points = arena.take(POINTS * vectors);
        for (int64_t i = first; i < end; i++)
            for (int64_t c = 0; c < columns; c++) {
                Vec taps[TAPS * TAPS];
                load_taps(group + c, i, taps);
                transform_both<TAPS, PATCH, evaluate_filter>(
                    taps, 1, points + (i - first) * columns + c, vectors);
            }
        for (int p = 0; p < POINTS; p++) {
            float* to = job_.to + p * job_.in_c * blocks_ * LANES + group * LANES * job_.in_c +
                        first * columns * LANES;
            for (int64_t v = 0; v < vectors; v++) store(to + v * LANES, points[p * vectors + v]);
        }
    }

    void load_taps(int64_t block, int64_t input, Vec* taps) const {
        const int lanes = int(std::min<int64_t>(LANES, job_.out_c - block * LANES));
        const float* weight = job_.weight + block * LANES * job_.stride_o + input * job_.stride_i;
        for (int y = 0; y < TAPS; y++)
            for (int x = 0; x < TAPS; x++) {
                float tap[LANES] = {};
                for (int lane = 0; lane < lanes; lane++)
                    tap[lane] =
                        weight[lane * job_.stride_o + y * job_.stride_y + x * job_.stride_x];
                taps[y * TAPS + x] = load(tap);
            }
    }

    const WinogradWeightsJob& job_;
    const int64_t blocks_;
};

// ---------------------------------------------------------------------------------------------
// The gradient of the weights, by the transposed transforms

// Sums of products that stay in a thread's second-level cache are the thread's own.
constexpr int64_t OWN_SUMS_BYTES = 1 << 20;
// Parts of the tiles with sums of their own: never more threads than these.
constexpr int64_t MAX_PARTS = 16;
// Else all threads evaluate so many tiles before all of them multiply.
constexpr int64_t SHARED_TILES = 256;

class WinogradGradient {
  public:
    explicit WinogradGradient(const WinogradGradientJob& job)
        : job_(job), tiles_(job.n, job.out_h, job.out_w), in_blocks_(blocks_of(job.in_c)),
          out_blocks_(blocks_of(job.out_c)), sums_size_(POINTS * in_blocks_ * LANES * out_blocks_),
          own_(sums_size_ * int64_t(sizeof(Vec)) <= OWN_SUMS_BYTES),
          parts_(own_ ? std::clamp<int64_t>(tiles_.count / SHARED_TILES, 1, MAX_PARTS) : 1),
          at_once_(own_ ? TILES_AT_ONCE : std::min(SHARED_TILES, tiles_.count)),
          patch_step_(point_step(job.in_c, at_once_)), dy_step_(point_step(job.out_c, at_once_)) {
        sums_ = reinterpret_cast<Vec*>(job.scratch);
    }

    // Floats, for sums and for the tiles that are shared.
    int64_t scratch() const { return (parts_ * sums_size_ + (own_ ? 0 : buffer_size())) * LANES; }

    bool run() {
        return (own_ ? add_apart() : add_together()) &&
               run_tasks(out_blocks_, job_.threads,
                         [&](int64_t block, Arena&) { gather(block); });
    }

  private:
    // Tiles evaluated at the points, and the gradients of their outputs.
    struct Buffer {
        Vec *patches, *dys;
    };

    int64_t buffer_size() const { return POINTS * (patch_step_ + dy_step_); }
    Buffer buffer(Vec* memory) const { return {memory, memory + POINTS * patch_step_}; }

    bool add_apart() {
        std::fill_n(job_.scratch, parts_ * sums_size_ * LANES, 0.0f);
        const bool complete = run_tasks(parts_, job_.threads, [&](int64_t part, Arena& arena) {
            arena.reset(buffer_size());
            const Buffer own = buffer(arena.take(buffer_size()));
            const int64_t end = (part + 1) * tiles_.count / parts_;
            for (int64_t first = part * tiles_.count / parts_; first < end; first += at_once_) {
                const int64_t count = std::min(at_once_, end - first);
                for (int64_t t = 0; t < count; t++) evaluate(first + t, t, own);
                for (int64_t i = 0; i < POINTS * in_blocks_; i++)
                    multiply_all(i, count, own, sums_ + part * sums_size_);
            }
        });
        const int64_t row = sums_size_ / POINTS;
        return complete && run_tasks(POINTS, job_.threads, [&](int64_t point, Arena&) {
            Vec* to = sums_ + point * row;
            for (int64_t part = 1; part < parts_; part++)
                for (int64_t i = 0; i < row; i++) to[i] += to[part * sums_size_ + i];
        });
    }

    bool add_together() {
        const Buffer shared = buffer(sums_ + sums_size_);
        std::fill_n(job_.scratch, sums_size_ * LANES, 0.0f);
        bool complete = true;
        for (int64_t first = 0; first < tiles_.count; first += at_once_) {
            const int64_t count = std::min(at_once_, tiles_.count - first);
            constexpr int64_t SHARE = 8;
            const int64_t shares = (count + SHARE - 1) / SHARE;
            complete &= run_tasks(shares, job_.threads, [&](int64_t i, Arena&) {
                for (int64_t t = i * SHARE; t < std::min((i + 1) * SHARE, count); t++)
                    evaluate(first + t, t, shared);
            });
            complete &= run_tasks(POINTS * in_blocks_, job_.threads, [&](int64_t i, Arena&) {
                multiply_all(i, count, shared, sums_);
            });
        }
        return complete;
    }

    void evaluate(int64_t tile, int64_t t, const Buffer& to) const {
        int64_t image, top, left;
        tiles_.place(tile, &image, &top, &left);
        const float* x = job_.x + image * job_.h * job_.w * job_.in_c;
        for (int64_t b = 0; b < in_blocks_; b++) {
            Vec patch[POINTS];
            load_square<PATCH>(x, job_.h, job_.w, job_.in_c, top - job_.pad, left - job_.pad, b,
                               patch);
            transform_both<PATCH, PATCH, evaluate_input>(patch, 1, to.patches + b * at_once_ + t,
                                                         patch_step_);
        }
        const float* dy = job_.dy + image * job_.out_h * job_.out_w * job_.out_c;
        for (int64_t b = 0; b < out_blocks_; b++) {
            Vec square[TILE * TILE];
            load_square<TILE>(dy, job_.out_h, job_.out_w, job_.out_c, top, left, b, square);
            transform_both<TILE, PATCH, evaluate_output>(square, 1, to.dys + b * at_once_ + t,
                                                         dy_step_);
        }
    }

    // Adds the products of `count` tiles at a point, for 16 inputs and all outputs.
    void multiply_all(int64_t point_and_block, int64_t count, const Buffer& from, Vec* to) const {
        const int64_t point = point_and_block / in_blocks_, in_block = point_and_block % in_blocks_;
        const int64_t step = out_blocks_ * LANES, dy_stride = at_once_ * LANES;
        float* sums = reinterpret_cast<float*>(to + point_and_block * step);
        const Vec* dys = from.dys + point * dy_step_;
        const float* patch = reinterpret_cast<const float*>(from.patches + point * patch_step_ +
                                                            in_block * at_once_);
        for (int64_t group = 0; group < out_blocks_; group += COLUMNS) {
            const float* dy = reinterpret_cast<const float*>(dys + group * at_once_);
            const bool whole = group + COLUMNS <= out_blocks_;
            for (int row = 0; row < LANES; row += GRADIENT_ROWS)
                (whole ? add_outer<COLUMNS> : add_outer<1>)(
                    patch + row, dy, dy_stride, count, sums + row * step + group * LANES, step);
        }
    }

    // Turns the sums of 16 outputs and all inputs to taps.
    void gather(int64_t block) const {
        const int lanes = int(std::min<int64_t>(LANES, job_.out_c - block * LANES));
        for (int64_t i = 0; i < job_.in_c; i++) {
            Vec taps[TAPS * TAPS];
            transform_both<PATCH, TAPS, gather_filter>(sums_ + i * out_blocks_ + block,
                                                    in_blocks_ * LANES * out_blocks_, taps, 1);
            float* dw = job_.dw + block * LANES * job_.stride_o + i * job_.stride_i;
            for (int y = 0; y < TAPS; y++)
                for (int x = 0; x < TAPS; x++) {
                    float tap[LANES];
                    store(tap, taps[y * TAPS + x]);
                    for (int lane = 0; lane < lanes; lane++)
                        dw[lane * job_.stride_o + y * job_.stride_y + x * job_.stride_x] = tap[lane];
                }
        }
    }

    const WinogradGradientJob& job_;
    const Tiles tiles_;
    const int64_t in_blocks_, out_blocks_, sums_size_;
    const bool own_;
    const int64_t parts_, at_once_, patch_step_, dy_step_;
    Vec* sums_;
};

}  // namespace
