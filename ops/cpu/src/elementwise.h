// y = out_gain * step(in_gain * x + bias), element by element, in the order of memory.
//
// Elements are taken in stretches over which bias and gains repeat: a whole image whose channels
// lie next to each other (their number is the period), or one channel of it (the period is 1).
// Coefficients are laid out for one period and 16 elements more, so that any 16 elements in a row
// find theirs in a row. Long stretches are cut into parts, short ones are taken several at a time.

#pragma once

#include <algorithm>
#include <limits>

#include "arena.h"
#include "job.h"
#include "simd.h"

namespace {

// What happens to in_gain * x + bias. The gain comes with the slope: a sum of zero stays zero.
struct Corner {
    float positive, negative;  // factors on either side of zero; at zero the latter, as in PyTorch
    float clamp;
    float lowest;  // a ReLU of minus infinity is zero, not 0 * infinity

    explicit Corner(const ElementwiseJob& job)
        : positive(job.gain),
          negative(job.gain * job.slope),
          clamp(job.clamp),
          lowest(job.slope == 0 ? std::numeric_limits<float>::lowest()
                                : -std::numeric_limits<float>::infinity()) {}

    template <int STEP> INLINE Vec turn(const Vec& in, uint32_t* mask) const {
        uint32_t bits = 0;
        const Vec out = each_part([&](size_t i) {
            const Part v = in.part[i], gain = splat_part(positive), limit = splat_part(clamp);
            if constexpr (STEP == LINEAR) {
                return v * gain;
            } else if constexpr (STEP == APPLY_MASK) {
                const uint32_t own = *mask >> (i * PART_LANES);
                const Part y = v * (unpack_part(own) ? splat_part(negative) : gain);
                return (Part)((IntPart)y & ~unpack_part(own >> LANES));
            } else {
                const IntPart below_zero = v <= 0.0f;
                const Part finite = v < lowest ? splat_part(lowest) : v;
                const Part y = finite * (below_zero ? splat_part(negative) : gain);
                // A NaN passes all comparisons: it must reach the loss.
                const IntPart above = y > limit, below = y < -limit;
                if constexpr (STEP == ACTIVATE_MASK)
                    bits |= (pack_part(below_zero) | pack_part(above | below) << LANES)
                            << (i * PART_LANES);
                return below ? -limit : (above ? limit : y);
            }
        });
        if constexpr (STEP == ACTIVATE_MASK) *mask = bits;
        return out;
    }
};

struct Stretches {
    static constexpr int64_t PART = 1 << 14;  // elements, a multiple of LANES

    const ElementwiseJob& job;
    int64_t period, length, count, parts, at_once;

    explicit Stretches(const ElementwiseJob& job) : job(job) {
        const bool apart = job.inner > 1;
        period = apart ? 1 : job.channels;
        length = apart ? job.inner : job.rows * job.channels;
        count = apart ? job.images * job.channels : job.images;
        parts = (length + PART - 1) / PART;
        at_once = parts == 1 ? std::max<int64_t>(1, PART / length) : 1;
    }

    int64_t tasks() const { return (count * parts + at_once - 1) / at_once; }
    int64_t words() const { return (length + LANES - 1) / LANES; }
};

template <typename IO> class Elements {
  public:
    Elements(const Stretches& stretches, Arena& arena)
        : s_(stretches), job_(stretches.job), size_(stretches.period + LANES) {
        const size_t vectors = (size_ + LANES - 1) / LANES;
        arena.reset(5 * vectors);
        for (float** array : {&in_gain_, &bias_, &out_gain_, &sum_, &product_})
            *array = reinterpret_cast<float*>(arena.take(vectors));
    }

    // The task'th share of all parts of all stretches.
    void run(int64_t task) {
        const int64_t end = std::min((task + 1) * s_.at_once, s_.count * s_.parts);
        for (int64_t i = task * s_.at_once; i < end; i++) {
            const int64_t stretch = i / s_.parts, start = i % s_.parts * Stretches::PART;
            if (!prepared_ || job_.bias || job_.in_gain || job_.out_gain) prepare(stretch);
            switch (job_.step) {
                case LINEAR: walk<LINEAR>(stretch, start); break;
                case ACTIVATE: walk<ACTIVATE>(stretch, start); break;
                case ACTIVATE_MASK: walk<ACTIVATE_MASK>(stretch, start); break;
                default: walk<APPLY_MASK>(stretch, start);
            }
            if (job_.sums) store_sums(i);
        }
    }

  private:
    void prepare(int64_t stretch) {
        const int64_t first = stretch * s_.period;
        const float* bias = job_.bias ? job_.bias + first % job_.channels : nullptr;
        const float* in = job_.in_gain ? job_.in_gain + first : nullptr;
        const float* out = job_.out_gain ? job_.out_gain + first : nullptr;
        for (int64_t i = 0; i < s_.period; i++) {
            in_gain_[i] = in ? in[i] : 1.0f;
            bias_[i] = bias ? bias[i] : 0.0f;
            out_gain_[i] = out ? out[i] : 1.0f;
        }
        for (int64_t i = s_.period; i < size_; i++)
            for (float* array : {in_gain_, bias_, out_gain_}) array[i] = array[i - s_.period];
        prepared_ = true;
    }

    template <int STEP> void walk(int64_t stretch, int64_t start) {
        const int64_t place = stretch * s_.length + start;
        const int64_t count = std::min(s_.length - start, Stretches::PART);
        const IO* x = static_cast<const IO*>(job_.x) + place;
        const IO* partner = job_.partner ? static_cast<const IO*>(job_.partner) + place : nullptr;
        IO* y = static_cast<IO*>(job_.y) + place;
        uint32_t* mask =
            job_.mask ? job_.mask + stretch * s_.words() + start / LANES : nullptr;
        uint32_t* const first_word = mask;
        if (job_.sums)
            for (float* array : {sum_, product_}) std::fill_n(array, size_, 0.0f);

        // Copies: what is stored may be anything to the compiler, members included.
        const Corner corner(job_);
        const float *const in_gain = in_gain_, *const bias = bias_, *const out_gain = out_gain_;
        float *const sum = job_.sums ? sum_ : nullptr, *const product = product_;
        const int64_t period = s_.period, shift = LANES % period;
        int64_t c = start % period;
        auto element = [&](const Vec& in) {
            return corner.template turn<STEP>(add_product(load(bias + c), in, load(in_gain + c)), mask);
        };
        auto add_up = [&](const Vec& v, auto other) {
            store(sum + c, load(sum + c) + v);
            if (partner) store(product + c, add_product(load(product + c), v, other()));
        };
        const int64_t whole = count / LANES * LANES;
        for (int64_t i = 0; i < whole; i += LANES) {
            const Vec v = element(load(x + i));
            if (sum) add_up(v, [&] { return load(partner + i); });
            store(y + i, v * load(out_gain + c));
            if (mask) mask++;
            c += shift;
            if (c >= period) c -= period;
        }
        if (const int rest = int(count - whole)) {
            const Vec v = element(load_some(x + whole, rest));
            if (sum) add_up(v, [&] { return load_some(partner + whole, rest); });
            store_some(y + whole, v * load(out_gain + c), rest);
            if (mask) mask++;
        }
        if (STEP == ACTIVATE_MASK && job_.clamped) {
            uint32_t any = 0;
            for (const uint32_t* word = first_word; word < mask; word++) any |= *word;
            if (any >> LANES) __atomic_store_n(job_.clamped, 1, __ATOMIC_RELAXED);
        }
    }

    void store_sums(int64_t part) {
        float* to = job_.sums + part * 2 * s_.period;
        for (const float* from : {sum_, product_}) {
            for (int64_t i = 0; i < s_.period; i++) to[i] = from[i];
            for (int64_t i = s_.period; i < size_; i++) to[i % s_.period] += from[i];
            to += s_.period;
        }
    }

    const Stretches& s_;
    const ElementwiseJob& job_;
    const int64_t size_;
    float *in_gain_, *bias_, *out_gain_, *sum_, *product_;
    bool prepared_ = false;
};

}  // namespace
