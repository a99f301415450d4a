#pragma once

#include "gpu/kernels/body.hpp"

namespace hive::kernels {

inline constexpr int warp_lanes = 32;

struct add_op {
  template <class T>
  HIVE_BODY T operator()(T a, T b) const {
    return a + b;
  }
};

struct max_op {
  template <class T>
  HIVE_BODY T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

/// Combines a value of each lane of a warp, so that every lane gets the result: in each round a lane combines its own
/// with that of the lane whose number differs in one bit. `exchange(value, bit)` returns that lane's value. All kernels
/// reduce through this function alone.
template <class T, class Exchange, class Op>
HIVE_BODY T reduce_lanes(T value, Exchange exchange, Op op) {
  for (int bit = warp_lanes / 2; bit > 0; bit /= 2)
    value = op(value, exchange(value, bit));
  return value;
}

/// A warp on the host: one thread does the work of all lanes, round by round in the order of reduce_lanes.
struct host_warp {
  /// Calls `work(lane)` for every lane.
  template <class Work>
  HIVE_BODY void each(Work work) const {
    for (int lane = 0; lane < warp_lanes; ++lane)
      work(lane);
  }

  /// Combines what `value(lane)` returns over all lanes.
  template <class T, class Value, class Op>
  HIVE_BODY T reduce(Value value, Op op) const {
    T lanes[warp_lanes];
    for (int lane = 0; lane < warp_lanes; ++lane)
      lanes[lane] = value(lane);
    for (int bit = warp_lanes / 2; bit > 0; bit /= 2) {
      T next[warp_lanes];
      for (int lane = 0; lane < warp_lanes; ++lane)
        next[lane] = op(lanes[lane], lanes[lane ^ bit]);
      for (int lane = 0; lane < warp_lanes; ++lane)
        lanes[lane] = next[lane];
    }
    return lanes[0];
  }
};

#ifdef __CUDACC__
/// A warp of the device, as each of its threads sees it. All of its threads must call the same functions.
struct device_warp {
  template <class Work>
  __device__ void each(Work work) const {
    work(static_cast<int>(threadIdx.x) % warp_lanes);
  }

  template <class T, class Value, class Op>
  __device__ T reduce(Value value, Op op) const {
    auto exchange = [](T mine, int bit) { return __shfl_xor_sync(0xFFFFFFFFu, mine, bit); };
    return reduce_lanes(static_cast<T>(value(static_cast<int>(threadIdx.x) % warp_lanes)), exchange, op);
  }
};
#endif

} // namespace hive::kernels
