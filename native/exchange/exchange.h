// The spine: one request on its way through router, middlewares and services to a response.
//
//   request → route → chain → service → server → response → chain backwards → client
//
// An exchange lives in the frame of the connection's task. It holds the worker's plan it began under.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/arena.h"
#include "codec/inbound.h"
#include "codec/message.h"
#include "exchange/worker.h"
#include "loop/task.h"
#include "middleware/middleware.h"
#include "upstream/http1_client.h"

namespace fairlead::exchange {

/// How an exchange ended, for the connection.
enum class Outcome : std::uint8_t {
  kAnswered,  // the response is complete; the inbound side knows whether another request may follow
  kCut,       // the response is incomplete or impossible: close with a reset
  kUpgraded,  // 101 was sent; take the server's connection with take_tunnel()
};

class Exchange final : public middleware::Facilities {
 public:
  Exchange(Worker& worker, std::uint32_t entry_point, const codec::Peer& peer, codec::Inbound& inbound, Arena& arena);
  ~Exchange() override;

  codec::Request request;

  /// A request has begun to arrive: from now on it is counted, timed and logged.
  void begin();
  /// From a parsed request to a finished response.
  loop::Task<Outcome> run();
  /// Answers a request that was refused before it could be understood.
  loop::Task<Outcome> refuse(Reason reason, std::string_view fault);
  /// The client is gone: writes the log line. The task of run() has been cancelled.
  void client_gone();
  /// Bytes in buffers towards the server, and in those of body filters.
  std::uint64_t held_bytes() const;
  /// After kUpgraded.
  std::unique_ptr<upstream::Connection> take_tunnel(net::Buffer& first);

  // middleware::Facilities
  Nanos now() const override { return worker_.loop.now(); }
  loop::Task<void> sleep(Nanos duration) override;
  loop::Task<Status> fetch(const middleware::FetchRequest& request, middleware::FetchReply& reply) override;
  loop::Task<Result<std::string_view>> buffer_request_body(std::uint64_t limit) override;

 private:
  /// A middleware that has seen this request, and what it remembers of it.
  struct Active {
    const middleware::Middleware* middleware;
    void* state;
  };
  /// Body filters that can be stacked; further ones are left out.
  static constexpr std::uint32_t kMostFilters = 4;
  struct ExchangeTimer : loop::Timer {
    using Timer::Timer;
    Exchange* owner = nullptr;
  };
  /// What one try at a server came to.
  struct Try {
    Status status = Unit{};
    /// The connection had carried a request before.
    bool reused = false;
    /// No connection came about: nothing was sent.
    bool unconnected = false;
  };

  const wire::Snapshot& snapshot() const { return plan_->plan().snapshot(); }
  const wire::EntryPoint& settings() const { return snapshot().entry_points[entry_point_]; }

  // fetch.cc
  loop::Task<Status> fetch_reply(const middleware::FetchRequest& asked, middleware::FetchReply& reply);
  void own(middleware::FetchReply& reply, std::string_view body);

  // route.cc
  loop::Task<Outcome> route();
  Reason refused_by_router(const wire::Router& router) const;
  /// Runs `chain`; false when a middleware has answered into reply_.
  loop::Task<bool> run_chain(Chain chain);
  loop::Task<Outcome> serve(std::uint32_t service);
  void answer_internally(wire::ServiceKind kind);

  // forward.cc
  loop::Task<Outcome> forward(std::uint32_t service);
  loop::Task<Try> try_server(std::uint32_t service, std::uint32_t server, bool fresh);
  loop::Task<Status> converse();
  loop::Task<Status> send_request();
  loop::Task<Status> read_response_head();
  loop::Task<Status> relay_interim();
  loop::Task<void> pump_body(bool send_continue);
  void start_pump(bool send_continue);
  void body_failed(Error error);
  void request_sent();
  bool replayable() const;
  static void on_response_late(loop::Timer& timer);
  static void on_continue_late(loop::Timer& timer);

  // respond.cc
  loop::Task<Outcome> respond();
  loop::Task<Outcome> upgrade();
  loop::Task<Status> stream_body(codec::BodyChunk chunk);
  loop::Task<Status> stream_filtered(codec::BodyChunk chunk);
  void prepare_response(const codec::BodyChunk& first);
  void pass_back(const Active& active, codec::Response& response, bool has_body);
  Status filter(std::string_view input, bool flush, bool last);
  Active& activate(const middleware::Middleware& middleware);
  loop::Task<Outcome> answer(const middleware::LocalReply& reply);
  loop::Task<Outcome> fail(Error error);

  /// Writes the log line and counts, once.
  void log();
  middleware::Context context(const Active& active);

  Worker& worker_;
  LocalRef<WorkerPlan> plan_;
  std::uint32_t entry_point_;
  const codec::Peer& peer_;
  codec::Inbound& inbound_;
  Arena& arena_;
  middleware::LocalReply reply_;
  /// Whom a middleware recognised; views into the arena.
  std::string_view user_;
  codec::Response response_;
  const codec::Response* sent_ = nullptr;
  Active* active_ = nullptr;
  std::uint32_t active_count_ = 0;
  std::uint32_t active_capacity_ = 0;
  std::array<std::unique_ptr<middleware::BodyFilter>, kMostFilters> filters_;
  std::uint32_t filter_count_ = 0;
  ByteBuffer filtered_[2];

  std::optional<upstream::Http1Client> outbound_;
  upstream::Forwarding forwarding_;
  loop::Task<void> pump_;
  Status pump_status_ = Unit{};
  bool pump_failed_ = false;
  bool timed_out_ = false;
  /// No response head has come from the server that is being tried.
  bool awaits_head_ = false;
  /// A middleware has read the request body; it is sent from here.
  bool body_buffered_ = false;
  std::string_view buffered_body_;
  ExchangeTimer response_timer_;
  ExchangeTimer continue_timer_;

  const wire::Router* router_ = nullptr;
  const wire::Service* service_ = nullptr;
  const Target* target_ = nullptr;
  Reason reason_ = Reason::kNone;
  std::string_view fault_;
  std::uint16_t status_ = 0;
  std::uint16_t origin_status_ = 0;
  std::uint32_t tries_ = 0;
  bool begun_ = false;
  bool logged_ = false;
  Nanos started_ = 0;
  Nanos origin_duration_ = 0;
  char request_id_[16];
};

}  // namespace fairlead::exchange
