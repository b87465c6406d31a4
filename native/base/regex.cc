#include "base/regex.h"

#include <re2/re2.h>

#include <utility>

namespace fairlead {
namespace {

// Rewrites `(?<name>` to `(?P<name>`: Go has taken the short form since 1.22, this release of RE2 has not. Escapes,
// classes and quoted parts hold no groups.
class GroupNames {
 public:
  explicit GroupNames(std::string_view pattern) : rest_(pattern) { out_.reserve(pattern.size() + 8); }

  std::string spelled_out() && {
    while (!rest_.empty()) step();
    return std::move(out_);
  }

 private:
  void step() {
    if (rest_.starts_with("\\Q")) {
      const std::size_t end = rest_.find("\\E");
      take(end == std::string_view::npos ? rest_.size() : end + 2);
    } else if (rest_.front() == '\\') {
      take(2);
    } else if (rest_.front() == '[') {
      character_class();
    } else if (rest_.starts_with("(?<") && !rest_.starts_with("(?<=") && !rest_.starts_with("(?<!")) {
      out_ += "(?P<";
      rest_.remove_prefix(3);
    } else {
      take(1);
    }
  }

  // A `]` right after `[` or `[^` is a member, not the end; `[:alpha:]` holds no group either way.
  void character_class() {
    take(rest_.starts_with("[^") ? 2 : 1);
    if (rest_.starts_with(']')) take(1);
    while (!rest_.empty() && rest_.front() != ']') {
      const std::size_t posix = rest_.starts_with("[:") ? rest_.find(":]") : std::string_view::npos;
      take(posix != std::string_view::npos ? posix + 2 : rest_.front() == '\\' ? 2 : 1);
    }
  }

  void take(std::size_t count) {
    out_ += rest_.substr(0, count);
    rest_.remove_prefix(count < rest_.size() ? count : rest_.size());
  }

  std::string_view rest_;
  std::string out_;
};

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string Regex::spelled_for_re2(std::string_view pattern) { return GroupNames(pattern).spelled_out(); }

std::unique_ptr<Regex> Regex::compile(std::string_view pattern, std::string& error) {
  re2::RE2::Options options;
  options.set_max_mem(kMaxMemory);
  options.set_log_errors(false);
  const std::string spelled_out = spelled_for_re2(pattern);
  auto compiled = std::make_unique<re2::RE2>(piece(spelled_out), options);
  if (!compiled->ok()) {
    error = compiled->error();
    return nullptr;
  }
  return std::unique_ptr<Regex>(new Regex(std::move(compiled)));
}

Regex::Regex(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {}

Regex::~Regex() = default;

bool Regex::matches(std::string_view text) const {
  return compiled_->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace fairlead
