#include "actors/benchmark/install/install_run.hpp"

#include "actors/aside.hpp"
#include "actors/benchmark/install/install_commands.hpp"
#include "actors/benchmark/install/install_files.hpp"
#include "actors/process/run_report.hpp"
#include "actors/process/sandbox.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/git_tree.hpp"

#include <caf/all.hpp>
#include <functional>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using state = wire::InstallState;

/// A reason may hold 4,096 bytes.
constexpr size_t max_reason_bytes = 3'000;

caf::expected<caf::unit_t> make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return fail(ec::unavailable, path.string() + " cannot be made: " + error.message());
  return caf::unit;
}

bool has_plain_file(const fs::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
}

/// A program with a '/' is a file of the repository, or of the system by an absolute path.
caf::error check_program(const fs::path& tree, const std::string& program) {
  if (program.find('/') == std::string::npos || program.front() == '/')
    return caf::none;
  struct stat found {};
  if (::lstat((tree / program).c_str(), &found) != 0)
    return fail(ec::not_found, "/run_command: the repository has no file " + printable(program));
  if (S_ISREG(found.st_mode) && (found.st_mode & S_IXUSR) == 0)
    return fail(ec::invalid, "/run_command: " + printable(program) + " is not executable in the repository");
  return caf::none;
}

/// Runs the steps of an install one after the other. Each step ends by starting the next one.
class install_run_state {
public:
  using pointer = install_run_actor::stateful_pointer<install_run_state>;
  static inline const char* name = "install run";

  void init(pointer self, runner_actor runner, install_options options, installer_actor installer) {
    self_ = self;
    runner_ = std::move(runner);
    options_ = std::move(options);
    installer_ = std::move(installer);
  }

  caf::result<msg<wire::InstalledBenchmark>> run(const msg<wire::InstallBenchmark>& request) {
    promise_ = self_->make_response_promise<msg<wire::InstalledBenchmark>>();
    request_ = request;
    staged_ = install_files::staging_path(options_.directory, options_.node);
    enter(state::FETCHING, "fetches " + std::string{as_view(request->getRepoUrl())});
    check_sandbox();
    return promise_;
  }

private:
  using next_step = std::function<void(const msg<wire::RunResult>&)>;

  // -- the steps, in their order -----------------------------------------------

  void check_sandbox() {
    self_->request(runner_, caf::infinite, install_commands::probe(options_))
      .then(
        [this](const msg<wire::RunResult>& result) {
          auto errors = result->getStderr().asChars();
          if (result->getExitStatus() != 0)
            return give_up(fail(ec::unsupported, sandbox::describe_unavailable({errors.begin(), errors.size()})));
          fetch();
        },
        [this](const caf::error& error) {
          give_up(code_of(error) == ec::process_failed
                    ? fail(ec::unsupported, sandbox::describe_unavailable(text_of(error)))
                    : error);
        });
  }

  void fetch() {
    aside([path = staged_] { return make_directory(path); },
          [this] {
            run_command(install_commands::fetch(*request_, options_, tree()), [this](const auto& result) {
              auto fetched = install_commands::read_fetch(*result);
              if (!fetched)
                return give_up(fetched.error());
              fetched_ = *fetched;
              find_requirements();
            });
          });
  }

  void find_requirements() {
    if (!has_plain_file(tree() / "requirements.txt"))
      return build();
    if (options_.index.empty())
      return give_up(fail(ec::unsupported, "requirements.txt names Python packages, and this node has no index to "
                                           "get them from; [dynamic] index names one"));
    enter(state::DEPENDENCIES, "makes a virtual environment");
    aside([path = staged_ / install_files::venv] { return make_directory(path); },
          [this] {
            run_sandboxed("python3 -m venv", install_commands::make_venv(options_, staged_), [this] {
              has_venv_ = true;
              enter(state::DEPENDENCIES, "installs requirements.txt");
              run_sandboxed("pip install -r requirements.txt",
                            install_commands::install_requirements(options_, staged_), [this] { build(); });
            });
          });
  }

  void build() {
    if (request_->getBuildCommand().size() == 0)
      return store();
    enter(state::BUILDING, "runs the build command");
    run_sandboxed(std::string{as_view(request_->getBuildCommand()[0])},
                  install_commands::build(*request_, options_, staged_, has_venv_), [this] { store(); });
  }

  void store() {
    enter(state::STORING, "writes the files to the disk");
    auto work = [request = request_, staged = staged_, options = options_,
                 commit = std::string{as_view(fetched_->getCommit())}]() -> caf::expected<std::string> {
      auto program = std::string{as_view(request->getRunCommand()[0])};
      if (auto missing = check_program(staged / install_files::tree, program))
        return missing;
      if (auto sum = install_files::check_tree(staged, options.max_bytes); !sum)
        return sum.error();
      return install_files::publish(staged, options.directory, options.node, std::string{as_view(request->getName())},
                                    commit);
    };
    run_aside<std::string>(self_, work, [this](caf::expected<std::string> place) {
      if (!place)
        return give_up(place.error());
      promise_.deliver(record(*place));
      self_->quit();
    });
  }

  void give_up(const caf::error& why) {
    run_aside<caf::unit_t>(
      self_,
      [path = staged_]() -> caf::expected<caf::unit_t> {
        if (auto left = remove_tree(path))
          return left;
        return caf::unit;
      },
      [this, why](const caf::expected<caf::unit_t>&) { // what is left is removed at the next start
        promise_.deliver(fail(code_of(why), printable_tail(text_of(why), max_reason_bytes)));
        self_->quit();
      });
  }

  // -- what the steps share ----------------------------------------------------

  fs::path tree() const {
    return staged_ / install_files::tree;
  }

  void enter(state step, std::string progress) {
    self_->send(installer_, install_step{std::string{as_view(request_->getName())}, step, std::move(progress)});
  }

  void aside(std::function<caf::expected<caf::unit_t>()> work, std::function<void()> next) {
    run_aside<caf::unit_t>(self_, std::move(work), [this, next](const caf::expected<caf::unit_t>& done) {
      if (!done)
        return give_up(done.error());
      next();
    });
  }

  void run_command(const msg<wire::RunCommand>& command, next_step next) {
    self_->request(runner_, caf::infinite, command)
      .then([next](const msg<wire::RunResult>& result) { next(result); },
            [this](const caf::error& error) { give_up(error); });
  }

  void run_sandboxed(const std::string& what, const msg<wire::RunCommand>& command, std::function<void()> next) {
    run_command(command, [this, what, next](const msg<wire::RunResult>& result) {
      if (auto failed = install_commands::refuse_failed(what, *result))
        return give_up(failed);
      next();
    });
  }

  msg<wire::InstalledBenchmark> record(const std::string& place) const {
    return msg<wire::InstalledBenchmark>::build([&](wire::InstalledBenchmark::Builder out) {
      out.setRequest(*request_);
      out.setCommit(fetched_->getCommit());
      out.setFiles(fetched_->getFiles());
      out.setBytes(fetched_->getBytes());
      out.setHasEnvironment(has_venv_);
      out.setInstalledAt(now_unix_micros());
      out.setDirectory(place);
    });
  }

  pointer self_ = nullptr;
  runner_actor runner_;
  install_options options_;
  installer_actor installer_;
  caf::typed_response_promise<msg<wire::InstalledBenchmark>> promise_;
  msg<wire::InstallBenchmark> request_;
  msg<wire::FetchResult> fetched_;
  fs::path staged_;
  bool has_venv_ = false;
};

install_run_actor::behavior_type install_run(install_run_state::pointer self, runner_actor runner,
                                             install_options options, installer_actor installer) {
  self->state.init(self, std::move(runner), std::move(options), std::move(installer));
  return {[self](const msg<wire::InstallBenchmark>& request) { return self->state.run(request); }};
}

} // namespace

install_run_actor spawn_install_run(caf::actor_system& system, runner_actor runner, install_options options,
                                    installer_actor installer) {
  return system.spawn(install_run, std::move(runner), std::move(options), std::move(installer));
}

} // namespace hive
