#include "apps/hivectl/agent_names.hpp"

#include "platform/http_client.hpp"

namespace hive::ctl {

CLI::Validator valid_agent() {
  return {[](std::string& text) {
            auto slash = text.find('/');
            bool is_agent =
              slash != 0 && slash != text.npos && slash + 1 < text.size() && text.find('/', slash + 1) == text.npos;
            return is_agent ? std::string{} : "'" + text + "' is no agent: write PROMPT_ID/FLOW_ID";
          },
          "PROMPT_ID/FLOW_ID"};
}

std::string agent_path(const std::string& agent) {
  auto slash = agent.find('/');
  return "/agents/" + http::url_encode(agent.substr(0, slash)) + "/" + http::url_encode(agent.substr(slash + 1));
}

CLI::App& add_agent_command(CLI::App& group, const char* name, const char* description, std::string& agent) {
  auto& command = *group.add_subcommand(name, description);
  command.add_option("AGENT", agent, "Prompt and flow of the agent")->required()->check(valid_agent());
  return command;
}

} // namespace hive::ctl
