// Scratch memory of a thread, kept between calls: fresh pages cost more than the arithmetic.

#pragma once

#include <cstddef>
#include <new>

#include "simd.h"

namespace {

class Arena {
  public:
    ~Arena() { release(); }

    // Makes room for `vectors`; what was taken before is void.
    void reset(size_t vectors) {
        if (vectors > capacity_) {
            release();
            base_ = static_cast<Vec*>(::operator new(vectors * sizeof(Vec), ALIGNMENT));
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
    static constexpr std::align_val_t ALIGNMENT{64};

    void release() {
        ::operator delete(base_, ALIGNMENT);
        base_ = nullptr;
        capacity_ = 0;
    }

    Vec* base_ = nullptr;
    size_t capacity_ = 0, used_ = 0;
};

}  // namespace
