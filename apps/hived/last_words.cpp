#include "apps/hived/last_words.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>
#include <system_error>
#include <unistd.h>

namespace hive {
namespace {

/// Set before threads start.
std::array<char, 4'096> data_directory{};

/// Uses no heap and only system calls, since memory may be exhausted and a signal handler may call it.
[[noreturn]] void end_with(const char* why) {
  for (const char* part :
       std::initializer_list<const char*>{"hived ends: ", why, "; its data lies in ", data_directory.data(), "\n"})
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0)
      break;
  std::_Exit(EXIT_FAILURE);
}

[[noreturn]] void out_of_memory() {
  end_with("out of memory (see ulimit -v, the limits of its control group, and store.block_cache_mib)");
}

[[noreturn]] void tell_exception() {
  try {
    if (auto thrown = std::current_exception())
      std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    out_of_memory();
  } catch (const std::system_error& e) {
    if (e.code() == std::errc::resource_unavailable_try_again)
      end_with("no thread can be started: the process is out of memory or threads (see ulimit -v and ulimit -u)");
    end_with(e.what());
  } catch (const std::exception& e) {
    end_with(e.what());
  } catch (...) {
  }
  end_with("an error of an unknown kind reached nobody");
}

void on_abort(int) {
  end_with("a library gave up, as its own line before this one says");
}

} // namespace

void install_last_words() {
  std::set_new_handler(out_of_memory);
  std::set_terminate(tell_exception);
  std::signal(SIGABRT, on_abort);
}

void name_data_in_last_words(const std::string& directory) {
  directory.copy(data_directory.data(), data_directory.size() - 1);
}

} // namespace hive
