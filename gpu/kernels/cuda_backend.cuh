#pragma once

#include "gpu/kernels/cuda.cuh"
#include "gpu/kernels/warp.hpp"

#include <cstddef>
#include <vector>

namespace hive::kernels {

template <class Body>
__global__ void run_threads(Body body, size_t threads) {
  auto index = blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x;
  if (index < threads)
    body(index);
}

/// All threads of a warp have the same row, so that they leave together.
template <class Body>
__global__ void run_rows(Body body, size_t rows) {
  auto row = (blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x) / warp_lanes;
  if (row < rows)
    body(device_warp{}, row);
}

/// Runs kernels on the selected device, in the order in which they are started. See host_backend.
template <class T>
class cuda_backend {
public:
  using value = T;

  cuda_backend() = default;

  ~cuda_backend() {
    for (auto* each : memory_)
      cudaFree(each);
  }

  cuda_backend(const cuda_backend&) = delete;
  cuda_backend& operator=(const cuda_backend&) = delete;

  T* allocate(size_t count) {
    void* out = nullptr;
    check(cudaMalloc(&out, count * sizeof(T)), "allocating device memory");
    memory_.push_back(out);
    bytes_ += count * sizeof(T);
    check(cudaMemset(out, 0, count * sizeof(T)), "clearing device memory");
    return static_cast<T*>(out);
  }

  template <class Body>
  void run(const Body& body, size_t threads) {
    run_threads<<<blocks_for(threads), block_threads>>>(body, threads);
    check(cudaGetLastError(), "starting a kernel");
  }

  template <class Body>
  void run_warps(const Body& body, size_t rows) {
    run_rows<<<blocks_for(rows * warp_lanes), block_threads>>>(body, rows);
    check(cudaGetLastError(), "starting a kernel");
  }

  void upload(T* to, const std::vector<T>& from) {
    check(cudaMemcpy(to, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice), "copying to the device");
  }

  std::vector<T> download(const T* from, size_t count) {
    std::vector<T> out(count);
    check(cudaMemcpy(out.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost), "copying from the device");
    return out;
  }

  void wait() {
    check(cudaDeviceSynchronize(), "waiting for the device");
  }

  size_t bytes() const {
    return bytes_;
  }

private:
  /// Eight warps: enough to hide latencies, few enough for a block of each kernel to fit many times.
  static constexpr unsigned block_threads = 256;

  static unsigned blocks_for(size_t threads) {
    return static_cast<unsigned>((threads + block_threads - 1) / block_threads);
  }

  std::vector<void*> memory_;
  size_t bytes_ = 0;
};

} // namespace hive::kernels
