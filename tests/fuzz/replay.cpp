// Runs a fuzz target without libFuzzer: first every input of the corpus, then random mutations of them. `make test`
// uses it, so that the targets are compiled and run wherever the tests are; `make fuzz` searches with coverage.
//
//     PROGRAM [--runs N] [--seed S] CORPUS...    files, or directories of files
//
// The seed is printed; HIVE_SEED=n sets it as well. An input that ends the process is left in the file
// `crash-PROGRAM-SEED` in the working directory.

#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr size_t max_input_bytes = 64 << 10;

struct options {
  uint64_t runs = 2000;
  uint32_t seed = std::random_device{}();
  std::vector<fs::path> corpus;
};

std::string running;    // the target's current input
std::string crash_file; // file in which it is left when the process ends

/// Uses only functions that a signal handler may call.
void leave_input(int signal) {
  int file = ::open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0 && ::write(file, running.data(), running.size()) >= 0)
    ::close(file);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

options read_arguments(int argc, char** argv) {
  options out;
  if (auto* given = std::getenv("HIVE_SEED"))
    out.seed = static_cast<uint32_t>(std::strtoul(given, nullptr, 10));
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument == "--runs" && i + 1 < argc)
      out.runs = std::strtoull(argv[++i], nullptr, 10);
    else if (argument == "--seed" && i + 1 < argc)
      out.seed = static_cast<uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    else
      out.corpus.emplace_back(argument);
  }
  return out;
}

std::string read(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> read_corpus(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator{path})
      if (entry.is_regular_file())
        files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end()); // the order of directory entries differs between machines
  std::vector<std::string> out;
  for (const auto& file : files)
    out.push_back(read(file));
  return out;
}

/// Mutates inputs, like a fuzzer without feedback.
class mutator {
public:
  mutator(uint32_t seed, const std::vector<std::string>& corpus) : random_{seed}, corpus_{corpus} {
  }

  std::string next() {
    std::string out = any();
    for (auto changes = 1 + below(8); changes > 0; --changes)
      change(out);
    out.resize(std::min(out.size(), max_input_bytes));
    return out;
  }

private:
  size_t below(size_t bound) {
    return bound == 0 ? 0 : random_() % bound;
  }

  const std::string& any() {
    static const std::string nothing;
    return corpus_.empty() ? nothing : corpus_[below(corpus_.size())];
  }

  /// A random part of a random input of the corpus.
  std::string piece() {
    const auto& from = any();
    auto at = below(from.size());
    return from.substr(at, 1 + below(64));
  }

  void change(std::string& input) {
    static constexpr unsigned char edges[] = {0, 1, 0x7F, 0x80, 0xFE, 0xFF, '\n', '"', '<', '{', '%', ':'};
    auto at = below(input.size() + 1);
    auto byte = static_cast<char>(below(2) == 0 ? edges[below(std::size(edges))] : below(256));
    switch (below(7)) {
    case 0:
      input.insert(at, 1, byte);
      break;
    case 1:
      input.erase(at, 1 + below(16));
      break;
    case 2:
      input.insert(at, piece());
      break;
    case 3:
      input.replace(at, below(16), piece());
      break;
    case 4:
      input.insert(at, input.substr(below(input.size()), below(64)));
      break;
    case 5:
      input.resize(at);
      break;
    default:
      if (at < input.size())
        input[at] = below(2) == 0 ? byte : static_cast<char>(input[at] ^ (1 << below(8)));
    }
  }

  std::mt19937 random_;
  const std::vector<std::string>& corpus_;
};

void run(std::string input) {
  running = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(running.data()), running.size());
}

} // namespace

int main(int argc, char** argv) {
  auto given = read_arguments(argc, argv);
  crash_file = "crash-" + fs::path{argv[0]}.filename().string() + '-' + std::to_string(given.seed);
  for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    std::signal(signal, leave_input);
  auto corpus = read_corpus(given.corpus);
  if (corpus.empty()) {
    std::cerr << "no inputs in the corpus\n";
    return 64;
  }
  std::cout << "seed " << given.seed << std::endl;
  for (const auto& input : corpus)
    run(input);
  mutator changes{given.seed, corpus};
  for (uint64_t i = 0; i < given.runs; ++i)
    run(changes.next());
  std::cout << corpus.size() << " inputs of the corpus and " << given.runs << " changes of them\n";
  return 0;
}
