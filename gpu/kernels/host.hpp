#pragma once

#include "gpu/kernels/gemm.hpp"
#include "gpu/kernels/warp.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace hive::kernels {

/// Runs kernels on the CPU, one thread after the other. Code that is written over such a backend runs on a device with
/// that of cuda_backend.cuh.
template <class T>
class host_backend {
public:
  using value = T;

  /// Memory of `count` elements, 0 at first; freed with the backend.
  T* allocate(size_t count) {
    memory_.push_back(std::make_unique<T[]>(count));
    bytes_ += count * sizeof(T);
    return memory_.back().get();
  }

  template <class Body>
  void run(const Body& body, size_t threads) {
    for (size_t i = 0; i < threads; ++i)
      body(i);
  }

  template <class Body>
  void run_warps(const Body& body, size_t rows) {
    for (size_t i = 0; i < rows; ++i)
      body(host_warp{}, i);
  }

  void multiply(const gemm& what, const T* a, const T* b, T* c, const T* bias) {
    run_on_host(what, a, b, c, bias);
    flops_ += what.flops();
  }

  void upload(T* to, const std::vector<T>& from) {
    std::copy(from.begin(), from.end(), to);
  }

  std::vector<T> download(const T* from, size_t count) {
    return {from, from + count};
  }

  /// Waits until all that was started is done.
  void wait() {
  }

  size_t bytes() const {
    return bytes_;
  }

  /// Of the matrix products so far.
  double flops() const {
    return flops_;
  }

private:
  std::vector<std::unique_ptr<T[]>> memory_;
  size_t bytes_ = 0;
  double flops_ = 0;
};

} // namespace hive::kernels
