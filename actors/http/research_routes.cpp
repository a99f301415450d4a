#include "actors/http/research_routes.hpp"

#include "messages/research.capnp.h"

namespace hive::http {

std::vector<route> research_routes(const research_actor& research) {
  using namespace wire;
  using enum method;
  const std::string session = "/api/v1/autoresearch/{id}";
  return {
    route::ask<StartResearch, ResearchSession>(post, "/api/v1/autoresearch", research, "Begin an AutoResearch session",
                                               {.status = 201, .location = session}),
    route::ask<ResearchListQuery, ResearchList>(get, "/api/v1/autoresearch", research, "AutoResearch sessions"),
    route::ask<ResearchQuery, ResearchSession>(get, session, research, "An AutoResearch session"),
    route::ask<ResearchIteration, ResearchSession>(post, session + "/iterations", research,
                                                   "Record an experiment, whatever its result", {.status = 201}),
    route::ask<ResearchImprovement, ResearchSession>(post, session + "/improvements", research,
                                                     "Record an improvement: an experiment whose change was kept",
                                                     {.status = 201}),
    route::ask<FinishResearch, ResearchReport>(post, session + "/finish", research,
                                               "End a session and publish what the node learned"),
    route::ask<ResearchContextQuery, ResearchContext>(get, session + "/context", research,
                                                      "What the next hypothesis can build on"),
  };
}

} // namespace hive::http
