// The C interface of the CPU kernels: upfirdn2d, filtered_lrelu and their derivatives, on
// channels-last images, by one routine; bias_act, element by element, by another (elementwise.h); 3x3 convolutions by a
// third (winograd.h).
//
// The first: upsample with a FIR filter, apply a pointwise step, downsample with a FIR filter. Work is cut
// into tiles of 16 channels times a block of output pixels; inside a tile rows stream through
// small ring buffers that stay in cache, so the upsampled image never exists in memory:
//
//     input row -> [FIR along x] -> ring of input-rate rows -> [FIR along y, pointwise step]
//               -> [FIR along x] -> ring of tmp-rate rows   -> [FIR along y] -> output row
//
// A filter that is not separable runs as one two-dimensional FIR on its ring instead.
//
// The derivative of the whole is the same routine with the two halves exchanged, their taps
// reversed and the pointwise step replaced by a product with what the forward pass remembered:
// two bits per sample of the upsampled image, "negative" and "clamped".
//
// The order of additions per output is fixed: results do not depend on tiles or threads.

#include "elementwise.h"
#include "job.h"
#include "plan.h"
#include "threads.h"
#include "tile.h"
#include "winograd.h"

extern "C" {

// Lets kernels run on the threads of an OpenMP library: the address of its GOMP_parallel.
void afv_use_openmp(void* gomp_parallel) {
    openmp_parallel = reinterpret_cast<OpenMpParallel>(gomp_parallel);
}

// Tiles the job will be cut into, numbered [n][channel block][y][x].
int64_t afv_tiles(const ResampleJob* job) { return Plan(*job).tiles(); }

// 0, or 1 if memory ran out.
int32_t afv_resample(const ResampleJob* job) {
    try {
        const Plan plan(*job);
        return !run_tasks(plan.tiles(), job->threads, [&](int64_t i, Arena& arena) {
            if (job->precision == BFLOAT16)
                Tile<uint16_t>(plan, i, arena).run();
            else
                Tile<float>(plan, i, arena).run();
        });
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

// Stretches of memory that the job is cut into, and parts of each: the shape of its sums.
void afv_stretches(const ElementwiseJob* job, int64_t* stretches, int64_t* parts) {
    const Stretches cut(*job);
    *stretches = cut.count;
    *parts = cut.parts;
}

// 0, or 1 if memory ran out.
int32_t afv_elementwise(const ElementwiseJob* job) {
    const Stretches stretches(*job);
    return !run_tasks(stretches.tasks(), job->threads, [&](int64_t i, Arena& arena) {
        if (job->precision == BFLOAT16)
            Elements<uint16_t>(stretches, arena).run(i);
        else
            Elements<float>(stretches, arena).run(i);
    });
}

// 0, or 1 if memory ran out; as the following two.
int32_t afv_winograd_weights(const WinogradWeightsJob* job) { return !WinogradWeights(*job).run(); }

int32_t afv_winograd(const WinogradJob* job) { return !convolve(*job); }

int32_t afv_winograd_gradient(const WinogradGradientJob* job) {
    return !WinogradGradient(*job).run();
}

// Floats of scratch memory that the gradient needs, aligned to 64 bytes.
int64_t afv_winograd_scratch(const WinogradGradientJob* job) {
    return WinogradGradient(*job).scratch();
}
}
