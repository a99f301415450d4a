#pragma once

#include "gpu/kernels/number.hpp"

#include <cstddef>
#include <cstdint>

namespace hive::kernels {

/// Products of matrices whose rows are contiguous: C = A · B (+ C) (+ bias), for each of a batch. A has m × k, B has
/// k × n, or n × k when it is transposed, C has m × n. The bias has n elements and is added to each row.
struct gemm {
  int m;
  int n;
  int k;
  bool transposed_b = false;
  bool accumulate = false;
  bool bias = false;
  int batch = 1;

  size_t size_a() const {
    return static_cast<size_t>(m) * static_cast<size_t>(k);
  }
  size_t size_b() const {
    return static_cast<size_t>(k) * static_cast<size_t>(n);
  }
  size_t size_c() const {
    return static_cast<size_t>(m) * static_cast<size_t>(n);
  }
  double flops() const {
    return 2. * m * n * k * batch;
  }
};

/// The same product as libraries of BLAS take it, whose columns are contiguous: D = op(first) · op(second), D having
/// `rows` × `columns`. A matrix with contiguous rows is there its transpose, so `first` is B and `second` is A.
struct column_gemm {
  int rows;
  int columns;
  int depth;
  bool transposed_first;
  int first_stride; ///< elements from a column to the next, as stored
  int second_stride;
  int out_stride;
  int64_t first_step; ///< elements from a matrix of the batch to the next
  int64_t second_step;
  int64_t out_step;
};

inline column_gemm by_columns(const gemm& what) {
  column_gemm out{};
  out.rows = what.n;
  out.columns = what.m;
  out.depth = what.k;
  out.transposed_first = what.transposed_b;
  out.first_stride = what.transposed_b ? what.k : what.n;
  out.second_stride = what.k;
  out.out_stride = what.n;
  out.first_step = static_cast<int64_t>(what.size_b());
  out.second_step = static_cast<int64_t>(what.size_a());
  out.out_step = static_cast<int64_t>(what.size_c());
  return out;
}

/// The reference of a library's call: reads the form by columns, so that a check of it checks what a library is given.
template <class T>
void run_on_host(const gemm& what, const T* a, const T* b, T* c, const T* bias) {
  auto by = by_columns(what);
  for (int64_t i = 0; i < what.batch; ++i) {
    const T* first = b + i * by.first_step;
    const T* second = a + i * by.second_step;
    T* out = c + i * by.out_step;
    for (int64_t column = 0; column < by.columns; ++column)
      for (int64_t row = 0; row < by.rows; ++row) {
        sum_of<T> total = 0;
        for (int64_t d = 0; d < by.depth; ++d)
          total += read(first[by.transposed_first ? row * by.first_stride + d : d * by.first_stride + row]) *
                   read(second[column * by.second_stride + d]);
        T& at = out[column * by.out_stride + row];
        if (what.bias)
          total += read(bias[row]);
        if (what.accumulate)
          total += read(at);
        at = write<T>(total);
      }
  }
}

} // namespace hive::kernels
