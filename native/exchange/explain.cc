#include "exchange/explain.h"

#include <optional>

#include "base/hash.h"
#include "codec/http1/head_parser.h"
#include "codec/target.h"
#include "exchange/forwarded_headers.h"
#include "exchange/misses.h"
#include "exchange/refusal.h"
#include "exchange/walk.h"
#include "net/address.h"
#include "router/explain.h"

namespace fairlead::exchange {
namespace {

class Explaining {
 public:
  Explaining(const Plan& plan, const Question& question, const WorkerPlan* live, net::CanonicalNames* names,
             JsonWriter& json)
      : plan_(plan), question_(question), live_(live), names_(names), json_(json), request_(arena_) {}

  void run() {
    if (!find_entry_point()) {
      json_.text("unknownEntryPoint", question_.entry_point);
      return;
    }
    meet_client();
    if (!receive()) return;
    if (snapshot().flattens_hosts) flatten();
    route();
  }

 private:
  const wire::Snapshot& snapshot() const { return plan_.snapshot(); }
  const wire::EntryPoint& settings() const { return snapshot().entry_points[entry_point_]; }

  bool find_entry_point() {
    const wire::List<wire::EntryPoint>& all = snapshot().entry_points;
    while (entry_point_ < all.size() && all[entry_point_].name.view() != question_.entry_point) ++entry_point_;
    return entry_point_ < all.size();
  }

  void meet_client() {
    peer_.client.ip = net::IpAddress::parse(question_.client).value_or(net::IpAddress{0, 0xffff'7f00'0001});
    peer_.client_text = peer_.client.ip.format(client_text_);
    peer_.tls = question_.tls;
    const tls::ServerContext* const context = plan_.server_tls(entry_point_);
    json_.boolean("servesTls", context != nullptr);
    if (!question_.tls || context == nullptr) return;
    peer_.tls_version = "1.3";
    const tls::ServerSelection selected = context->select(question_.server_name);
    if (selected.options != wire::kNone) {
      peer_.tls_options = hash_bytes(snapshot().tls_options[selected.options].name);
    }
    certificate(selected);
  }

  void certificate(const tls::ServerSelection& selected) {
    json_.key("certificate").begin_object().boolean("byHost", selected.by_host);
    if (selected.options != wire::kNone) json_.text("options", snapshot().tls_options[selected.options].name);
    if (selected.certificate != wire::kNone) {
      json_.number("index", selected.certificate).boolean("fallback", selected.is_fallback).key("names").begin_array();
      for (const wire::Text& name : snapshot().certificates[selected.certificate].names) json_.text(name);
      json_.end_array();
    }
    json_.end_object();
  }

  /// As Connection and Exchange receive a request. False: it is refused.
  bool receive() {
    const codec::http1::HeadLimits limits{settings().max_header_bytes, settings().max_header_bytes,
                                          settings().max_header_fields};
    codec::http1::HeadScan scan;
    std::size_t consumed = 0;
    codec::HeadFault fault = codec::HeadFault::kNone;
    const auto outcome = codec::http1::parse_request_head(question_.head, limits, scan, request_, consumed, fault);
    if (outcome == codec::http1::ParseOutcome::kIncomplete) return refuse(Reason::kHeaderTooLarge, "incomplete");
    if (fault == codec::HeadFault::kNone) {
      const codec::TargetRules rules{settings().sanitize_path, settings().encode_query_semicolons};
      fault = codec::normalise_target(request_, rules, arena_);
    }
    if (fault != codec::HeadFault::kNone) return refuse(codec::reason_of(fault), codec::head_fault_name(fault));
    show_request();
    if (settle_forwarded_headers(request_, peer_, settings(), snapshot().host_name)) return true;
    return refuse(Reason::kDeniedHeader, {});
  }

  bool refuse(Reason reason, std::string_view fault) {
    json_.key("refused").begin_object().text("reason", reason_name(reason)).number("status", reason_status(reason));
    if (!fault.empty()) json_.text("fault", fault);
    json_.end_object();
    return false;
  }

  void show_request() {
    json_.key("request").begin_object().text("method", request_.method_text).text("host", request_.host);
    json_.text("path", request_.path).text("routingPath", request_.routing_path).text("query", request_.query);
    json_.end_object();
  }

  /// Nothing is waited for: what is not known yet will be, when it is asked again.
  void flatten() {
    const std::optional<std::string_view> known = names_ == nullptr ? std::nullopt : names_->find(request_.host);
    json_.key("flattened").begin_object().boolean("known", known.has_value());
    if (known && !known->empty()) {
      request_.flattened_host = arena_.copy(*known);
      json_.text("host", request_.flattened_host);
    }
    json_.end_object();
  }

  void route() {
    router::MatchInput input(request_, peer_);
    const router::Router& routes = plan_.routes(entry_point_, question_.tls);
    const router::Explanation found = router::explain(routes, input, question_.near_misses);
    if (question_.near_misses > 0) {
      Misses(snapshot(), request_, peer_, arena_, json_).of(found, input);
      elsewhere(input);
    }
    if (found.chosen == wire::kNone) {
      refuse(Reason::kNoRoute, {});
      return;
    }
    const wire::Router& router = snapshot().routers[found.chosen];
    json_.text("router", router.name);
    if (router.layer == wire::kNone) json_.text("service", snapshot().services[router.service].name);
    const Reason refused = refusal_of(snapshot(), router, request_, peer_);
    if (refused != Reason::kNone) {
      refuse(refused, {});
      return;
    }
    Walk(plan_, live_, settings(), request_, peer_, arena_, json_, question_.near_misses).through(found.chosen);
  }

  /// Who would get the request at the other doors.
  void elsewhere(router::MatchInput& input) {
    json_.key("elsewhere").begin_array();
    for (std::uint32_t i = 0; i < snapshot().entry_points.size(); ++i) {
      for (const bool tls : {false, true}) {
        if (i == entry_point_ && tls == question_.tls) continue;
        const std::uint32_t found = plan_.routes(i, tls).find(input);
        if (found == wire::kNone) continue;
        json_.begin_object().text("router", snapshot().routers[found].name);
        json_.text("entryPoint", snapshot().entry_points[i].name).boolean("tls", tls).end_object();
      }
    }
    json_.end_array();
  }

  const Plan& plan_;
  const Question& question_;
  const WorkerPlan* live_;
  net::CanonicalNames* names_;
  JsonWriter& json_;
  Arena arena_;
  codec::Request request_;
  codec::Peer peer_;
  std::uint32_t entry_point_ = 0;
  char client_text_[INET6_ADDRSTRLEN]{};
};

}  // namespace

void explain(const Plan& plan, const Question& question, const WorkerPlan* live, net::CanonicalNames* names,
             JsonWriter& json) {
  json.begin_object();
  Explaining(plan, question, live, names, json).run();
  json.end_object();
}

}  // namespace fairlead::exchange
