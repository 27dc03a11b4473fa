// One tile of a resampling job: 16 channels times a block of output pixels.

#pragma once

#include <algorithm>
#include <vector>

#include "arena.h"
#include "plan.h"

namespace {

template <typename IO> class Tile {
  public:
    Tile(const Plan& plan, int64_t index, Arena& arena) : plan_(plan), job_(plan.job) {
        const int64_t number = index;
        const int64_t tx = index % plan.tiles_x;
        index /= plan.tiles_x;
        const int64_t ty = index % plan.tiles_y;
        index /= plan.tiles_y;
        block_ = index % plan.channel_blocks;
        n_ = index / plan.channel_blocks;
        channels_ = int(std::min<int64_t>(LANES, job_.c - block_ * LANES));

        out_x0_ = tx * plan.tile_w;
        out_x1_ = std::min(out_x0_ + plan.tile_w, job_.out_w);
        out_y0_ = ty * plan.tile_h;
        out_y1_ = std::min(out_y0_ + plan.tile_h, job_.out_h);
        sums_ = job_.sums ? job_.sums + number * 2 * LANES : nullptr;
        if (out_x0_ >= out_x1_ || out_y0_ >= out_y1_) return;

        tmp_x0_ = out_x0_ * job_.down;
        tmp_x1_ = (out_x1_ - 1) * job_.down + job_.down_size;
        tmp_y0_ = out_y0_ * job_.down;
        tmp_y1_ = (out_y1_ - 1) * job_.down + job_.down_size;
        owned_x_ = int((out_x1_ == job_.out_w ? tmp_x1_ : out_x1_ * job_.down) - tmp_x0_);
        owned_y_ = out_y1_ == job_.out_h ? tmp_y1_ : out_y1_ * job_.down;
        plan.phase(tmp_x0_, job_.pad_x, &in_x0_);
        plan.phase(tmp_x1_ - 1, job_.pad_x, &in_x1_);
        in_x1_ += plan.j;
        in_w_ = int(in_x1_ - in_x0_);
        tmp_w_ = int(tmp_x1_ - tmp_x0_);
        out_w_ = int(out_x1_ - out_x0_);

        const int j = plan.j, k = job_.down_size;
        const int up_w = job_.up_2d ? in_w_ : tmp_w_;
        const int down_w = job_.down_2d ? tmp_w_ : out_w_;
        // A two-dimensional filter reads tmp rows where they were written, `up` at a time.
        const int down_rows = job_.down_2d ? k + job_.up - 1 : k;
        const size_t mask_vectors = (size_t(tmp_w_) + LANES - 1) / LANES;
        arena.reset(size_t(in_w_) + size_t(j) * up_w + size_t(job_.up) * (tmp_w_ + mask_vectors) +
                    size_t(down_rows) * down_w + out_w_);
        in_row_ = arena.take(in_w_);
        for (int i = 0; i < j; i++) up_ring_.push_back(arena.take(up_w));
        for (int i = 0; i < job_.up; i++) {
            tmp_rows_.push_back(arena.take(tmp_w_));
            mask_rows_.push_back(reinterpret_cast<uint32_t*>(arena.take(mask_vectors)));
        }
        for (int i = 0; i < down_rows; i++) down_ring_.push_back(arena.take(down_w));
        out_row_ = arena.take(out_w_);
        if (job_.bias) bias_ = load_some(job_.bias + block_ * LANES, channels_);
        if (job_.in_gain) in_gain_ = load_some(gain_row(job_.in_gain), channels_);
        if (job_.out_gain) out_gain_ = load_some(gain_row(job_.out_gain), channels_);
        pointwise_ = {job_.slope, job_.clamp};
    }

    void run() {
        if (sums_) std::fill_n(sums_, 2 * LANES, 0.0f);
        if (out_x0_ >= out_x1_ || out_y0_ >= out_y1_) return;
        int64_t in_y, last;
        plan_.phase(tmp_y0_, job_.pad_y, &in_y);
        plan_.phase(tmp_y1_ - 1, job_.pad_y, &last);
        int64_t read = in_y;  // next input row to bring into the ring
        for (; in_y <= last; in_y++) {
            for (; read < in_y + plan_.j; read++) read_row(read);
            // The tmp rows whose taps start at input row in_y.
            const int64_t end = job_.pad_y + in_y * job_.up + 1;
            upsample_rows(in_y, std::max(end - job_.up, tmp_y0_), std::min(end, tmp_y1_));
        }
        if (sums_) {
            store(sums_, sum_);
            store(sums_ + LANES, product_);
        }
    }

  private:
    const float* gain_row(const float* gains) const {
        return gains + n_ * job_.c + block_ * LANES;
    }

    void read_row(int64_t y) {
        Vec* ring = up_ring_[ring_index(y, plan_.j)];
        if (y < 0 || y >= job_.h) {
            std::fill_n(ring, job_.up_2d ? in_w_ : tmp_w_, Vec{});
            return;
        }
        Vec* row = job_.up_2d ? ring : in_row_;
        const int64_t x0 = std::clamp<int64_t>(in_x0_, 0, job_.w);
        const int64_t x1 = std::clamp<int64_t>(in_x1_, x0, job_.w);
        const IO* src = static_cast<const IO*>(job_.x) + n_ * job_.x_stride_n +
                        y * job_.x_stride_h + x0 * job_.x_stride_w + block_ * LANES;
        Vec* dst = row;
        dst = std::fill_n(dst, std::min<int64_t>(x0 - in_x0_, in_w_), Vec{});
        if (channels_ == LANES)
            for (int64_t x = x0; x < x1; x++, src += job_.x_stride_w)
                *dst++ = add_product(bias_, load(src), in_gain_);
        else
            for (int64_t x = x0; x < x1; x++, src += job_.x_stride_w)
                *dst++ = add_product(bias_, load_some(src, channels_), in_gain_);
        std::fill(dst, row + in_w_, Vec{});
        if (!job_.up_2d)
            each_phase([&](int64_t first, int t, int count, int phase) {
                plan_.up_row(row + first, ring + t, job_.up, count,
                             plan_.phase_x.data() + phase * plan_.j, plan_.j, 1);
            });
    }

    // The upsampled columns of each phase: calls use(first input column, first column, columns,
    // phase), both counted from the start of the tile's rows.
    template <typename Use> void each_phase(Use use) const {
        for (int64_t t = tmp_x0_; t < std::min(tmp_x0_ + job_.up, tmp_x1_); t++) {
            int64_t first;
            const int phase = plan_.phase(t, job_.pad_x, &first);
            const int count = int((tmp_x1_ - t + job_.up - 1) / job_.up);
            use(first - in_x0_, int(t - tmp_x0_), count, phase);
        }
    }

    void upsample_rows(int64_t in_y, int64_t t0, int64_t t1) {
        const Vec* rows[MAX_TAPS];
        for (int i = 0; i < plan_.j; i++) rows[i] = up_ring_[ring_index(in_y + i, plan_.j)];
        Vec* dst[MAX_TAPS];
        const int count = int(t1 - t0);
        for (int i = 0; i < count; i++) {
            dst[i] = job_.down_2d ? down_row(t0 + i) : tmp_rows_[i];
            if (job_.step == APPLY_MASK) read_mask(t0 + i, mask_rows_[i]);
        }
        // Rows come in the order of falling phase.
        const int first_phase = int(job_.pad_y + in_y * job_.up - t0);
        if (job_.up_2d) {
            for (int i = 0; i < count; i++) {
                upsample_2d(rows, dst[i], first_phase - i);
                plan_.row_step(dst[i], tmp_w_, pointwise_, mask_rows_[i]);
            }
        } else if (count == job_.up && plan_.full_step) {
            float taps[4 * MAX_TAPS];
            for (int i = 0; i < count; i++)
                std::copy_n(plan_.phase_y.data() + (first_phase - i) * plan_.j, plan_.j,
                            taps + i * plan_.j);
            plan_.full_step(rows, dst, tmp_w_, taps, plan_.j, pointwise_, mask_rows_.data());
        } else {
            for (int i = 0; i < count; i++)
                plan_.single_step(rows, dst + i, tmp_w_,
                                  plan_.phase_y.data() + (first_phase - i) * plan_.j, plan_.j,
                                  pointwise_, mask_rows_.data() + i);
        }
        for (int i = 0; i < count; i++) {
            if (job_.step == ACTIVATE_MASK && t0 + i < owned_y_) write_mask(t0 + i, mask_rows_[i]);
            finish_row(t0 + i, dst[i]);
        }
    }

    uint32_t* mask_row(int64_t t) const {
        return job_.mask + ((n_ * plan_.channel_blocks + block_) * job_.mask_h + t + job_.mask_y) *
                               job_.mask_w;
    }

    void read_mask(int64_t t, uint32_t* row) const {
        // Outside of the remembered image there is nothing but zeros to multiply.
        std::fill_n(row, tmp_w_, 0u);
        if (t + job_.mask_y < 0 || t + job_.mask_y >= job_.mask_h) return;
        const int64_t x0 = std::clamp<int64_t>(tmp_x0_ + job_.mask_x, 0, job_.mask_w);
        const int64_t x1 = std::clamp<int64_t>(tmp_x1_ + job_.mask_x, x0, job_.mask_w);
        if (x0 == x1) return;
        std::copy(mask_row(t) + x0, mask_row(t) + x1, row + (x0 - job_.mask_x - tmp_x0_));
    }

    void write_mask(int64_t t, const uint32_t* row) const {
        std::copy_n(row, owned_x_, mask_row(t) + job_.mask_x + tmp_x0_);
        if (!job_.clamped) return;
        uint32_t any = 0;
        for (int x = 0; x < owned_x_; x++) any |= row[x];
        if (any >> 16) __atomic_store_n(job_.clamped, 1, __ATOMIC_RELAXED);
    }

    Vec* down_row(int64_t t) const { return down_ring_[t % int64_t(down_ring_.size())]; }

    void upsample_2d(const Vec* const* rows, Vec* dst, int phase_y) {
        const int j = plan_.j, row_size = job_.up * j;
        const float* taps = plan_.phase_2d.data() + phase_y * j * row_size;
        each_phase([&](int64_t first, int t, int count, int phase) {
            const Vec* starts[MAX_TAPS];
            for (int i = 0; i < j; i++) starts[i] = rows[i] + first;
            plan_.up_plane(starts, dst + t, job_.up, count, taps + phase * j, row_size, j, 1);
        });
    }

    void finish_row(int64_t t, const Vec* row) {
        if (!job_.down_2d)
            plan_.down_row(row, down_row(t), 1, out_w_, job_.down_x, job_.down_size, job_.down);
        const int64_t top = t - (job_.down_size - 1);
        if (top < 0 || top % job_.down != 0) return;
        const int64_t out_y = top / job_.down;
        if (out_y < out_y0_ || out_y >= out_y1_) return;
        const Vec* rows[MAX_TAPS];
        for (int i = 0; i < job_.down_size; i++) rows[i] = down_row(top + i);
        if (job_.down_2d)
            plan_.down_plane(rows, out_row_, 1, out_w_, job_.down_2d, job_.down_size,
                             job_.down_size, job_.down);
        else
            plan_.down_column(rows, out_row_, out_w_, job_.down_y, job_.down_size);
        write_row(out_y);
    }

    void write_row(int64_t y) {
        const int64_t start = n_ * job_.y_stride_n + y * job_.y_stride_h +
                              out_x0_ * job_.y_stride_w + block_ * LANES;
        if (sums_) add_up(job_.partner ? static_cast<const IO*>(job_.partner) + start : nullptr);
        IO* dst = static_cast<IO*>(job_.y) + start;
        if (channels_ == LANES)
            for (int x = 0; x < out_w_; x++, dst += job_.y_stride_w)
                store(dst, out_row_[x] * out_gain_);
        else
            for (int x = 0; x < out_w_; x++, dst += job_.y_stride_w)
                store_some(dst, out_row_[x] * out_gain_, channels_);
    }

    void add_up(const IO* partner) {
        Vec sum = {}, product = {};
        for (int x = 0; x < out_w_; x++) sum += out_row_[x];
        sum_ += sum;
        if (!partner) return;
        if (channels_ == LANES)
            for (int x = 0; x < out_w_; x++, partner += job_.y_stride_w)
                product = add_product(product, out_row_[x], load(partner));
        else
            for (int x = 0; x < out_w_; x++, partner += job_.y_stride_w)
                product = add_product(product, out_row_[x], load_some(partner, channels_));
        product_ += product;
    }

    static int64_t ring_index(int64_t y, int64_t size) { return ((y % size) + size) % size; }

    const Plan& plan_;
    const ResampleJob& job_;
    int64_t n_ = 0, block_ = 0;
    int channels_ = 0, in_w_ = 0, tmp_w_ = 0, out_w_ = 0, owned_x_ = 0;
    int64_t out_x0_ = 0, out_x1_ = 0, out_y0_ = 0, out_y1_ = 0;
    int64_t tmp_x0_ = 0, tmp_x1_ = 0, tmp_y0_ = 0, tmp_y1_ = 0, owned_y_ = 0;
    int64_t in_x0_ = 0, in_x1_ = 0;
    Vec *in_row_ = nullptr, *out_row_ = nullptr;
    std::vector<Vec*> up_ring_, tmp_rows_, down_ring_;
    std::vector<uint32_t*> mask_rows_;
    float* sums_ = nullptr;
    Vec bias_ = {}, in_gain_ = splat(1), out_gain_ = splat(1), sum_ = {}, product_ = {};
    Pointwise pointwise_;
};

}  // namespace
