#include "apps/hivectl/context.hpp"

namespace hive::ctl {

void context::on(CLI::App& command, command_body body, trailing arguments) {
  command.callback([this, &command, body = std::move(body), arguments] {
    if (arguments == trailing::refused && behind_dashes)
      throw CLI::ExtrasError(command.get_name() + " takes nothing behind \"--\"", *behind_dashes);
    if (arguments == trailing::required && (!behind_dashes || behind_dashes->empty()))
      throw CLI::RequiredError("A command behind \"--\"");
    chosen = body;
  });
}

} // namespace hive::ctl
