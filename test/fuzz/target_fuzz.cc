// Normalising twice is normalising once; what rules see follows from what is forwarded; a rewrite is normal or refused.
#include "test/fuzz/fuzz.h"

#include "codec/target.h"

namespace fairlead {
namespace {

using namespace codec;

void check_normal(std::string_view path, std::string_view query, const TargetRules& rules) {
  Arena arena;
  Request request(arena);
  request.path = path;
  request.query = query;
  request.has_query = !query.empty();
  if (normalise_target(request, rules, arena) != HeadFault::kNone) return;
  FAIRLEAD_CHECK(request.path.starts_with('/') || request.path == "*");
  Request again(arena);
  again.path = request.path;
  again.query = request.query;
  again.has_query = request.has_query;
  FAIRLEAD_CHECK(normalise_target(again, rules, arena) == HeadFault::kNone);
  FAIRLEAD_CHECK(again.path == request.path && again.query == request.query);
  FAIRLEAD_CHECK(again.routing_path == request.routing_path);
  FAIRLEAD_CHECK(request.query.find(';') == std::string_view::npos);
  if (!rules.sanitize_path || request.path == "*") return;
  FAIRLEAD_CHECK(is_normal_path(request.path));
  FAIRLEAD_CHECK(request.path.find("//") == std::string_view::npos);
  FAIRLEAD_CHECK(set_path(again, request.path, arena) && again.path == request.path);
}

void check_rewrite(std::string_view path) {
  Arena arena;
  Request request(arena);
  if (!set_path(request, path, arena)) return;
  FAIRLEAD_CHECK(is_normal_path(request.path));
  const std::string_view once = request.path;
  FAIRLEAD_CHECK(set_path(request, once, arena) && request.path == once);
  FAIRLEAD_CHECK((denied_characters(once, ~0U) & ~127U) == 0);
}

void check_query(std::string_view query) {
  Arena arena;
  QueryReader reader(query, arena);
  std::string_view name, value;
  std::size_t count = 0;
  while (reader.next(name, value)) ++count;
  FAIRLEAD_CHECK(count <= query.size());
}

}  // namespace
}  // namespace fairlead

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  if (size == 0) return 0;
  const fuzz::Exact bytes(data + 1, size - 1);
  const std::string_view text = bytes.view();
  const std::size_t mark = text.find('?');
  const TargetRules rules{.sanitize_path = data[0] % 2 == 0, .encode_query_semicolons = data[0] % 3 == 0};
  const std::string_view query = mark == std::string_view::npos ? "" : text.substr(mark + 1);
  check_normal(text.substr(0, mark), query, rules);
  check_rewrite(text);
  check_query(query);
  return 0;
}
