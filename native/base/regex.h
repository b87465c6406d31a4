// Regular expressions that match in linear time, in the syntax that Go and RE2 share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace fairlead {

/// A compiled pattern (https://github.com/google/re2/wiki/Syntax). Matching takes time linear in the text and bounded
/// memory, whatever the pattern. Immutable: any number of threads may match at once.
class Regex {
 public:
  /// Bytes one pattern may take, compiled program and match caches together; RE2's own default.
  static constexpr std::int64_t kMaxMemory = 8 << 20;

  /// Compiles `pattern`, or returns null and says in `error` why not (RE2's words, with the offending part).
  static std::unique_ptr<Regex> compile(std::string_view pattern, std::string& error);
  /// `pattern` in the spelling of this release of RE2, which lacks Go's `(?<name>`.
  static std::string spelled_for_re2(std::string_view pattern);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  /// True when some part of `text` matches; anchors are the pattern's business. Bytes of `text` that are not UTF-8
  /// match no character, not even `.`.
  bool matches(std::string_view text) const;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> compiled);

  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace fairlead
