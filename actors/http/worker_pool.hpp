#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <vector>

namespace hive::http {

/// Threads that run posted work, in place of boost::asio::thread_pool: the constructor of that one waits forever for
/// the threads that it has when it can't start the next one.
class worker_pool {
public:
  /// Throws std::system_error when a thread can't be started.
  explicit worker_pool(size_t threads) {
    for (size_t started = 0; started < threads; ++started)
      threads_.emplace_back([this] { context_.run(); });
  }

  void post(auto work) {
    boost::asio::post(context_, std::move(work));
  }

  /// Waits until everything that was posted has run. Nothing may be posted afterwards.
  void join() {
    more_.reset();
    threads_.clear();
  }

private:
  // In this order: destroyed from below, also when the constructor throws, more_ lets the threads end.
  boost::asio::io_context context_;
  std::vector<std::jthread> threads_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> more_{context_.get_executor()};
};

} // namespace hive::http
