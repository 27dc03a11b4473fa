// What all tiles of a job share: its filters by phase, the loops that serve them, the tiling.

#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "pointwise.h"

namespace {

inline int64_t ceil_div(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

// What all tiles of a job share.
struct Plan {
    const ResampleJob& job;
    int j;                       // taps per phase of the upsampling filter
    std::vector<float> phase_x;  // [up][j]
    std::vector<float> phase_y;
    std::vector<float> phase_2d;    // [up (y)][j][up (x)][j]
    RowFn up_row, down_row;
    PlaneFn up_plane, down_plane;
    ColumnFn down_column;
    ColumnStepFn full_step, single_step;
    RowStepFn row_step;
    int64_t channel_blocks, tile_h, tile_w, tiles_y, tiles_x;

    explicit Plan(const ResampleJob& job) : job(job) {
        const int u = job.up, size = job.up_size;
        j = (size + u - 1) / u;
        auto polyphase = [&](const float* taps) {
            std::vector<float> phases(u * j, 0.0f);
            for (int f = 0; f < u; f++)
                for (int i = 0; i < j; i++)
                    if (f + i * u < size) phases[f * j + i] = taps[f + i * u];
            return phases;
        };
        if (job.up_2d) {
            phase_2d.assign(size_t(u) * j * u * j, 0.0f);
            for (int fy = 0; fy < u; fy++)
                for (int jy = 0; jy < j; jy++)
                    if (fy + jy * u < size) {
                        auto row = polyphase(job.up_2d + (fy + jy * u) * size);
                        std::copy(row.begin(), row.end(),
                                  phase_2d.begin() + (fy * j + jy) * u * j);
                    }
        } else {
            phase_x = polyphase(job.up_x);
            phase_y = polyphase(job.up_y);
        }
        up_row = choose_row(j, 1);
        up_plane = choose_plane<false>(j, 1);
        down_row = choose_row(job.down_size, job.down);
        down_plane = job.down_2d && symmetric_rows()
                         ? choose_plane<true>(job.down_size, job.down)
                         : choose_plane<false>(job.down_size, job.down);
        down_column = choose_column(job.down_size);
        full_step = u == 2 || u == 4 ? choose_column_step(j, u, job.step) : nullptr;
        single_step = choose_column_step(j, 1, job.step);
        row_step = choose_row_step(job.step);
        choose_tiles();
    }

    int phase(int64_t t, int64_t pad, int64_t* first) const {
        *first = ceil_div(t - pad, job.up);
        return int(*first * job.up - (t - pad));
    }

    bool symmetric_rows() const {
        const int k = job.down_size;
        float largest = 0, asymmetry = 0;
        for (int y = 0; y < k; y++)
            for (int x = 0; x < k; x++) {
                float a = job.down_2d[y * k + x], b = job.down_2d[(k - 1 - y) * k + x];
                largest = std::max(largest, std::fabs(a));
                asymmetry = std::max(asymmetry, std::fabs(a - b));
            }
        // Radial taps are mirror images up to the rounding of their design.
        return k % 2 == 0 && asymmetry <= 1e-6f * largest;
    }

    void choose_tiles() {
        channel_blocks = (job.c + LANES - 1) / LANES;
        // The rings of a tile should stay in a core's second-level cache.
        constexpr int64_t ring_bytes = 288 << 10;
        const int64_t up_rows = job.up_2d ? 0 : j;
        const int64_t down_rows = job.down_2d ? job.down_size * job.down : job.down_size;
        const int64_t bytes_per_column =
            int64_t(sizeof(Vec)) * (up_rows * job.down + down_rows + job.up * job.down);
        tile_w = std::min(std::max<int64_t>(ring_bytes / bytes_per_column, 16), job.out_w);
        tiles_x = (job.out_w + tile_w - 1) / tile_w;
        tile_w = (job.out_w + tiles_x - 1) / tiles_x;
        const int64_t columns = job.n * channel_blocks * tiles_x;
        const int64_t wanted = std::max<int64_t>(1, (job.threads * 2 + columns - 1) / columns);
        tiles_y = job.threads > 1 && columns % job.threads != 0
                      ? std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, job.out_h / 8))
                      : 1;
        tile_h = (job.out_h + tiles_y - 1) / tiles_y;
    }

    int64_t tiles() const { return job.n * channel_blocks * tiles_y * tiles_x; }
};

}  // namespace
