#pragma once

#include "gpu/kernels/cuda.cuh"
#include "gpu/kernels/gemm.hpp"

#include <array>
#include <cublasLt.h>
#include <dlfcn.h>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace hive::qwen {

/// cuBLASLt, loaded at run time: the library has half a gigabyte, and a program that needs it to start would start
/// nowhere else. Only functions whose form is the same since version 11 are used.
class cublaslt {
public:
  cublaslt() = default;

  ~cublaslt() {
    for (auto& [key, plan] : plans_)
      destroy(plan);
    if (handle_)
      functions_.destroy(handle_);
    if (workspace_)
      cudaFree(workspace_);
    if (library_)
      dlclose(library_);
  }

  cublaslt(const cublaslt&) = delete;
  cublaslt& operator=(const cublaslt&) = delete;

  /// Why the library cannot be loaded; empty when it is. `file`: that file alone, else by names of the versions.
  std::string load(const std::string& file) {
    std::string tried;
    for (const auto& name : file.empty() ? default_names() : std::vector<std::string>{file}) {
      library_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (library_)
        return resolve(name);
      tried += (tried.empty() ? "" : ", ") + name;
    }
    return "cuBLASLt cannot be loaded; tried " + tried;
  }

  /// Takes the handle and the workspace; a device must be selected.
  void open() {
    check(functions_.create(&handle_), "cublasLtCreate");
    kernels::check(cudaMalloc(&workspace_, workspace_bytes), "allocating the workspace of cuBLASLt");
  }

  std::string version() const {
    return std::to_string(functions_.version());
  }

  /// Starts the product on the default stream.
  void multiply(const kernels::gemm& what, const void* a, const void* b, void* c, const void* bias) {
    auto& plan = plan_for(what);
    if (what.bias)
      check(functions_.desc_set(plan.operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias),
            "setting the bias of a product");
    float alpha = 1;
    float beta = what.accumulate ? 1 : 0;
    check(functions_.matmul(handle_, plan.operation, &alpha, b, plan.first, a, plan.second, &beta, c, plan.out, c,
                            plan.out, &plan.algorithm, workspace_, workspace_bytes, nullptr),
          "starting a product");
  }

private:
  /// As NVIDIA recommends for Hopper.
  static constexpr size_t workspace_bytes = size_t{32} << 20;

  struct plan {
    cublasLtMatmulDesc_t operation = nullptr;
    cublasLtMatrixLayout_t first = nullptr;
    cublasLtMatrixLayout_t second = nullptr;
    cublasLtMatrixLayout_t out = nullptr;
    cublasLtMatmulAlgo_t algorithm{};
  };

  using key = std::tuple<int, int, int, bool, bool, bool, int>;

  struct functions {
    decltype(&cublasLtCreate) create;
    decltype(&cublasLtDestroy) destroy;
    decltype(&cublasLtGetVersion) version;
    decltype(&cublasLtMatmul) matmul;
    decltype(&cublasLtMatmulDescCreate) desc_create;
    decltype(&cublasLtMatmulDescDestroy) desc_destroy;
    decltype(&cublasLtMatmulDescSetAttribute) desc_set;
    decltype(&cublasLtMatrixLayoutCreate) layout_create;
    decltype(&cublasLtMatrixLayoutDestroy) layout_destroy;
    decltype(&cublasLtMatrixLayoutSetAttribute) layout_set;
    decltype(&cublasLtMatmulPreferenceCreate) preference_create;
    decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
    decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
    decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic;
  };

  /// By soname, then where NVIDIA's own packages put it, which is not always in the loader's path.
  static std::vector<std::string> default_names() {
    std::vector<std::string> out;
    for (const char* version : {"13", "12", "11"}) {
      auto name = std::string{"libcublasLt.so."} + version;
      out.push_back(name);
      out.push_back("/usr/local/cuda/lib64/" + name);
    }
    return out;
  }

  std::string resolve(const std::string& name) {
    std::string missing;
    auto take = [&](auto& function, const char* symbol) {
      function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library_, symbol));
      if (!function && missing.empty())
        missing = name + " has no function " + symbol;
    };
    take(functions_.create, "cublasLtCreate");
    take(functions_.destroy, "cublasLtDestroy");
    take(functions_.version, "cublasLtGetVersion");
    take(functions_.matmul, "cublasLtMatmul");
    take(functions_.desc_create, "cublasLtMatmulDescCreate");
    take(functions_.desc_destroy, "cublasLtMatmulDescDestroy");
    take(functions_.desc_set, "cublasLtMatmulDescSetAttribute");
    take(functions_.layout_create, "cublasLtMatrixLayoutCreate");
    take(functions_.layout_destroy, "cublasLtMatrixLayoutDestroy");
    take(functions_.layout_set, "cublasLtMatrixLayoutSetAttribute");
    take(functions_.preference_create, "cublasLtMatmulPreferenceCreate");
    take(functions_.preference_destroy, "cublasLtMatmulPreferenceDestroy");
    take(functions_.preference_set, "cublasLtMatmulPreferenceSetAttribute");
    take(functions_.heuristic, "cublasLtMatmulAlgoGetHeuristic");
    return missing;
  }

  static void check(cublasStatus_t status, const char* action) {
    if (status != CUBLAS_STATUS_SUCCESS)
      throw std::runtime_error{std::string{action} + ": cuBLASLt status " + std::to_string(status)};
  }

  plan& plan_for(const kernels::gemm& what) {
    key at{what.m, what.n, what.k, what.transposed_b, what.accumulate, what.bias, what.batch};
    auto found = plans_.find(at);
    return found != plans_.end() ? found->second : plans_.emplace(at, make_plan(what)).first->second;
  }

  plan make_plan(const kernels::gemm& what) {
    auto by = kernels::by_columns(what);
    plan out;
    check(functions_.desc_create(&out.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F), "describing a product");
    cublasOperation_t first = by.transposed_first ? CUBLAS_OP_T : CUBLAS_OP_N;
    check(functions_.desc_set(out.operation, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first),
          "describing a product");
    if (what.bias) {
      cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
      check(functions_.desc_set(out.operation, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue),
            "describing a bias");
    }
    out.first = by.transposed_first ? layout(by.depth, by.rows, by.first_stride, by.first_step, what.batch)
                                    : layout(by.rows, by.depth, by.first_stride, by.first_step, what.batch);
    out.second = layout(by.depth, by.columns, by.second_stride, by.second_step, what.batch);
    out.out = layout(by.rows, by.columns, by.out_stride, by.out_step, what.batch);
    out.algorithm = best_algorithm(out);
    return out;
  }

  cublasLtMatrixLayout_t layout(int rows, int columns, int stride, int64_t step, int batch) {
    cublasLtMatrixLayout_t out = nullptr;
    check(
      functions_.layout_create(&out, CUDA_R_16BF, static_cast<uint64_t>(rows), static_cast<uint64_t>(columns), stride),
      "describing a matrix");
    int32_t count = batch;
    check(functions_.layout_set(out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count), "describing a batch");
    check(functions_.layout_set(out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &step, sizeof step),
          "describing a batch");
    return out;
  }

  cublasLtMatmulAlgo_t best_algorithm(const plan& of) {
    cublasLtMatmulPreference_t preference = nullptr;
    check(functions_.preference_create(&preference), "asking for an algorithm");
    size_t bytes = workspace_bytes;
    functions_.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof bytes);
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    auto status =
      functions_.heuristic(handle_, of.operation, of.first, of.second, of.out, of.out, preference, 1, &found, &count);
    functions_.preference_destroy(preference);
    check(status, "asking for an algorithm");
    if (count == 0)
      throw std::runtime_error{"cuBLASLt has no algorithm for a product of this form"};
    return found.algo;
  }

  void destroy(const plan& old) {
    functions_.layout_destroy(old.first);
    functions_.layout_destroy(old.second);
    functions_.layout_destroy(old.out);
    functions_.desc_destroy(old.operation);
  }

  void* library_ = nullptr;
  functions functions_{};
  cublasLtHandle_t handle_ = nullptr;
  void* workspace_ = nullptr;
  std::map<key, plan> plans_;
};

} // namespace hive::qwen
