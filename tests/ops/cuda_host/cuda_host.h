// Enough of CUDA to run a kernel's unchanged source on the CPU: grid, block, shared memory, barriers.
//
// Blocks run one after another. The threads of a block are fibers: each runs until it reaches a
// barrier or ends, then the next; a block's shared memory is static memory. One order of the threads
// shows a missing barrier as values not yet there, the opposite one as values already overwritten:
// the tests use both.

#pragma once

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <vector>

#define __global__
#define __device__
#define __launch_bounds__(threads)

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
// AddressSanitizer puts a guarded zone around each array; not where a section is asked for.
#define __shared__ static
#else
// In one section, to be filled with NaN before each block: nothing may rely on what was there.
#define __shared__ static __attribute__((section("cuda_shared")))
extern "C" char __start_cuda_shared[] __attribute__((weak));
extern "C" char __stop_cuda_shared[] __attribute__((weak));
#endif

struct Index {
    unsigned x, y, z;
};
static Index threadIdx, blockIdx;

static inline float __uint_as_float(unsigned bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline unsigned __float_as_uint(float value) {
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
static inline float half_bits_to_float(unsigned short bits) {
    _Float16 value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}
static inline unsigned short float_to_half_bits(float value) {
    _Float16 half = (_Float16)value;
    unsigned short bits;
    memcpy(&bits, &half, sizeof bits);
    return bits;
}

namespace host {

constexpr size_t STACK = 64 * 1024;

struct Fiber {
    ucontext_t context;
    char* stack;
    void* fake_stack;
    bool ended;
};

static std::vector<Fiber> fibers;
static unsigned current;
static ucontext_t scheduler;
#ifdef __SANITIZE_ADDRESS__
static void* scheduler_fake_stack;
static const void* scheduler_bottom;
static size_t scheduler_size;
#endif
static void (*body)(const void*);
static const void* body_arguments;

static void switched_to_fiber(void* fake_stack) {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake_stack, &scheduler_bottom, &scheduler_size);
#else
    (void)fake_stack;
#endif
}

static void leave(Fiber& fiber) {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(fiber.ended ? nullptr : &fiber.fake_stack, scheduler_bottom,
                                   scheduler_size);
#endif
    swapcontext(&fiber.context, &scheduler);
    switched_to_fiber(fiber.fake_stack);
}

static void enter(Fiber& fiber) {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&scheduler_fake_stack, fiber.stack, STACK);
#endif
    swapcontext(&scheduler, &fiber.context);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(scheduler_fake_stack, nullptr, nullptr);
#endif
}

static void run_fiber() {
    switched_to_fiber(nullptr);
    body(body_arguments);
    fibers[current].ended = true;
    leave(fibers[current]);
}

static void prepare(unsigned threads) {
    while (fibers.size() < threads) {
        Fiber fiber = {};
        void* stack = mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (stack == MAP_FAILED) abort();
        fiber.stack = static_cast<char*>(stack);
        fibers.push_back(fiber);
    }
    for (unsigned i = 0; i < threads; i++) {
        Fiber& fiber = fibers[i];
        fiber.ended = false;
        fiber.fake_stack = nullptr;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack;
        fiber.context.uc_stack.ss_size = STACK;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, run_fiber, 0);
    }
#ifndef __SANITIZE_ADDRESS__
    memset(__start_cuda_shared, 0xff, __stop_cuda_shared - __start_cuda_shared);
#endif
}

// False if some threads ended while others waited for them.
static bool run_block(unsigned threads, bool descending) {
    prepare(threads);
    for (;;) {
        unsigned ended = 0;
        for (unsigned i = 0; i < threads; i++) {
            current = descending ? threads - 1 - i : i;
            threadIdx.x = current;
            enter(fibers[current]);
            ended += fibers[current].ended;
        }
        if (ended == threads) return true;
        if (ended != 0) return false;
    }
}

// The kernel's one parameter comes by address, as an entry of cuLaunchKernel's array.
template <typename Arguments>
bool launch(void (*kernel)(Arguments), unsigned blocks, unsigned threads, const void* arguments,
            bool descending) {
    struct Call {
        void (*kernel)(Arguments);
        const Arguments* arguments;
    };
    Call call = {kernel, static_cast<const Arguments*>(arguments)};
    body = [](const void* opaque) {
        const Call* call = static_cast<const Call*>(opaque);
        call->kernel(*call->arguments);
    };
    body_arguments = &call;
    bool complete = true;
    for (unsigned block = 0; block < blocks && complete; block++) {
        blockIdx.x = block;
        complete = run_block(threads, descending);
    }
    body_arguments = nullptr;
    return complete;
}

}  // namespace host

static inline void __syncthreads() { host::leave(host::fibers[host::current]); }

#define EXPORT_KERNEL(name)                                                         \
    extern "C" int launch(unsigned blocks, unsigned threads, const void* arguments, \
                          int descending) {                                         \
        return host::launch(name, blocks, threads, arguments, descending != 0);     \
    }
