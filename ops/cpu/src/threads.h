// Threads: PyTorch's OpenMP pool when Python found it, so that no second pool fights for the
// cores; plain threads otherwise.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#include "arena.h"

namespace {

using OpenMpParallel = void (*)(void (*)(void*), void*, unsigned, unsigned);
std::atomic<OpenMpParallel> openmp_parallel{nullptr};

inline Arena& own_arena() {
    thread_local Arena arena;
    return arena;
}

// Calls of one function that any thread may take, in the order of their numbers.
template <typename Task> struct Queue {
    const Task& task;
    const int64_t count;
    std::atomic<int64_t> next{0};
    std::atomic<bool> complete{true};

    static void work(void* self) {
        Queue& queue = *static_cast<Queue*>(self);
        try {
            for (int64_t i; (i = queue.next.fetch_add(1)) < queue.count;)
                queue.task(i, own_arena());
        } catch (const std::bad_alloc&) {
            queue.complete = false;
        }
    }
};

// Calls task(i, arena) for every i below `count`; false if memory ran out.
template <typename Task> bool run_tasks(int64_t count, int threads, const Task& task) {
    Queue<Task> queue{task, count};
    threads = int(std::min<int64_t>(threads, count));
    if (threads <= 1) {
        Queue<Task>::work(&queue);
    } else if (OpenMpParallel parallel = openmp_parallel) {
        parallel(Queue<Task>::work, &queue, unsigned(threads), 0);
    } else {
        std::vector<std::thread> pool;
        try {
            for (int i = 1; i < threads; i++) pool.emplace_back(Queue<Task>::work, &queue);
        } catch (const std::system_error&) {
            // Fewer threads do the same work.
        }
        Queue<Task>::work(&queue);
        for (auto& thread : pool) thread.join();
    }
    return queue.complete;
}

}  // namespace
