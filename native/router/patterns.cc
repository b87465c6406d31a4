#include "router/patterns.h"

namespace fairlead::router {

Patterns::Patterns(const wire::List<wire::Text>& sources) : faults_(sources.size()) {
  compiled_.reserve(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) compiled_.push_back(Regex::compile(sources[i], faults_[i]));
}

}  // namespace fairlead::router
