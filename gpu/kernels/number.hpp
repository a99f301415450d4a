#pragma once

#include "gpu/kernels/body.hpp"

#include <cstdint>
#include <cstring>

namespace hive::kernels {

/// A number of 16 bits with the exponent of a float (bfloat16), as the matrix units of a device take it.
struct bf16 {
  uint16_t bits = 0;
};

HIVE_BODY inline float to_float(bf16 x) {
  uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float out = 0;
  memcpy(&out, &bits, sizeof out);
  return out;
}

/// The nearest bf16, of two equally near ones the even; a NaN stays one.
HIVE_BODY inline bf16 to_bf16(float x) {
  uint32_t bits = 0;
  memcpy(&bits, &x, sizeof bits);
  bf16 out;
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
    out.bits = static_cast<uint16_t>((bits >> 16) | 0x40u);
  else
    out.bits = static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
  return out;
}

/// What sums of numbers of type T are kept in, and how T is read and written.
template <class T>
struct number {
  using sum = T;
  HIVE_BODY static sum read(T x) {
    return x;
  }
  HIVE_BODY static T write(sum x) {
    return x;
  }
};

template <>
struct number<bf16> {
  using sum = float;
  HIVE_BODY static float read(bf16 x) {
    return to_float(x);
  }
  HIVE_BODY static bf16 write(float x) {
    return to_bf16(x);
  }
};

template <class T>
using sum_of = typename number<T>::sum;

template <class T>
HIVE_BODY sum_of<T> read(T x) {
  return number<T>::read(x);
}

template <class T>
HIVE_BODY T write(sum_of<T> x) {
  return number<T>::write(x);
}

} // namespace hive::kernels
