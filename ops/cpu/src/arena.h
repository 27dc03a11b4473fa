// Scratch memory of a thread, kept between calls: fresh pages cost more than the arithmetic.

#pragma once

#include <cstdlib>
#include <new>

#include "simd.h"

namespace {

class Arena {
  public:
    ~Arena() { std::free(base_); }

    // Makes room for `vectors`; what was taken before is void.
    void reset(size_t vectors) {
        if (vectors > capacity_) {
            std::free(base_);
            capacity_ = 0;
            base_ = static_cast<Vec*>(std::aligned_alloc(64, vectors * sizeof(Vec)));
            if (!base_) throw std::bad_alloc();
            capacity_ = vectors;
        }
        used_ = 0;
    }

    Vec* take(size_t vectors) {
        Vec* p = base_ + used_;
        used_ += vectors;
        return p;
    }

  private:
    Vec* base_ = nullptr;
    size_t capacity_ = 0, used_ = 0;
};

}  // namespace
