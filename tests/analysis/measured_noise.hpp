#pragma once

#include "tests/analysis/agent_noise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// Kinds of noise in what a benchmark measures.
enum class noise_kind : uint8_t { gaussian, student_t3, autocorrelated, bimodal, spikes };

inline constexpr std::array noise_kinds{noise_kind::gaussian, noise_kind::student_t3, noise_kind::autocorrelated,
                                        noise_kind::bimodal, noise_kind::spikes};
inline constexpr std::array<std::string_view, 5> noise_names{"Gaussian", "Student t3", "AR(1) .4", "bimodal", "spikes"};

/// Values of one side of a comparison, around 1, with a coefficient of variation `cv`; of modes and spikes it is that
/// without them. Each side has a stream of its own.
class measurements {
public:
  measurements(noise& random, noise_kind kind, double cv) : random_{random}, kind_{kind}, cv_{cv} {
    last_ = random_.normal();
  }

  double next() {
    double value = 1 + cv_ * deviation();
    if (kind_ == noise_kind::bimodal && random_.succeeds(0.2))
      value *= 1.08;
    if (kind_ == noise_kind::spikes && random_.succeeds(0.05))
      value *= 1.5;
    return std::max(value, least);
  }

private:
  /// A duration is positive; one in ten thousand of the widest noise is set to this.
  static constexpr double least = 0.01;
  static constexpr double rho = 0.4;

  double deviation() {
    if (kind_ == noise_kind::student_t3)
      return student_t3() / std::sqrt(3.0); // whose variance is 3
    if (kind_ != noise_kind::autocorrelated)
      return random_.normal();
    last_ = rho * last_ + std::sqrt(1 - rho * rho) * random_.normal();
    return last_;
  }

  double student_t3() {
    double z = random_.normal(), squares = 0;
    for (int i = 0; i < 3; ++i) {
      double each = random_.normal();
      squares += each * each;
    }
    return z / std::sqrt(squares / 3);
  }

  noise& random_;
  noise_kind kind_;
  double cv_;
  double last_;
};

/// Values of both sides, measured alternately; the new ones times `factor`.
struct measured_pairs {
  std::vector<double> old_values;
  std::vector<double> new_values;

  measured_pairs(noise& random, noise_kind kind, double cv, double factor, size_t pairs) {
    measurements before{random, kind, cv}, after{random, kind, cv};
    for (size_t i = 0; i < pairs; ++i) {
      old_values.push_back(before.next());
      new_values.push_back(factor * after.next());
    }
  }
};

} // namespace hive::analysis
