// Requests of our own on behalf of a middleware (forwardAuth).
#include <cstring>

#include "exchange/exchange.h"
#include "loop/unless_late.h"
#include "upstream/connect.h"

namespace fairlead::exchange {
namespace {

constexpr Error kFetchFailed{Reason::kAuthFailed, Origin::kUpstream, Retry::kNo};
constexpr Error kTooLarge{Reason::kAuthDenied, Origin::kUpstream, Retry::kNo};
// A server that sends more interim responses than this for one request is broken.
constexpr unsigned kMostInterim = 20;

/// What a fetch asks for, as a message.
void fill(codec::Request& message, const middleware::FetchRequest& request, std::string_view host) {
  message.method_text = request.method;
  message.method = codec::method_of(request.method);
  message.path = request.path;  // with its query: nothing looks at it again
  message.authority = host;
  message.headers = request.headers;
  if (!request.body.empty()) {
    message.body = codec::BodyKind::kLength;
    message.content_length = request.body.size();
  }
}

/// Reads the head that answers, past interim ones.
loop::Task<Status> read_answer(upstream::Http1Client& client, codec::Response& response) {
  for (unsigned interim = 0; interim <= kMostInterim; ++interim) {
    const Status read = co_await client.read_head(response, 0);
    if (!read.ok() || response.status >= 200) co_return read;
  }
  co_return kFetchFailed;
}

loop::Task<Status> read_whole(upstream::Http1Client& client, std::uint64_t limit, ByteBuffer& body) {
  for (bool last = false; !last;) {
    const Result<codec::BodyChunk> chunk = co_await client.read_body(0);
    if (!chunk.ok()) co_return chunk.error();
    if (body.size() + chunk->data.size() > limit) co_return kTooLarge;
    body.append(chunk->data);
    last = chunk->last;
  }
  co_return Unit{};
}

}  // namespace

loop::Task<Status> Exchange::fetch(const middleware::FetchRequest& asked, middleware::FetchReply& reply) {
  loop::Task<Status> task = fetch_reply(asked, reply);
  const bool ended = co_await loop::UnlessLate<Status>(worker_.loop, task, now() + asked.timeout);
  if (ended) co_return task.take();
  task.cancel();
  co_return kFetchFailed;
}

loop::Task<Status> Exchange::fetch_reply(const middleware::FetchRequest& asked, middleware::FetchReply& reply) {
  const Target& target = plan_->plan().target(asked.target);
  upstream::Pool& pool = plan_->pool(asked.target);
  codec::Request message(arena_);
  fill(message, asked, target.server->authority);
  Status status = kFetchFailed;
  // Twice at most: an idle connection may have been closed by the server just then.
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::unique_ptr<upstream::Connection> connection = attempt == 0 ? pool.take() : nullptr;
    if (connection == nullptr) {
      const upstream::ConnectContext where{worker_.loop, worker_.scratch, worker_.resolver, worker_.counters};
      upstream::ConnectResult connected =
          co_await upstream::connect(where, *target.server, *target.transport, target.tls);
      if (!connected.status.ok()) co_return connected.status;
      connection = std::move(connected.connection);
    }
    const bool reused = connection->reused;
    upstream::Http1Client client(worker_.buffers, pool, std::move(connection), message.method, arena_);
    const upstream::Forwarding forwarding{message.authority, {}};
    status = co_await client.write_head(message, forwarding, asked.body, true);
    if (status.ok()) status = co_await read_answer(client, reply.response);
    if (status.ok()) {
      ByteBuffer body;
      status = co_await read_whole(client, asked.max_response_bytes, body);
      if (!status.ok()) co_return status;
      own(reply, body.view());
      co_return status;
    }
    if (!reused || status.error().retry != Retry::kIfReused) break;
  }
  co_return status;
}

/// Copies a reply out of the connection's buffer, which is given back now.
void Exchange::own(middleware::FetchReply& reply, std::string_view body) {
  for (codec::Header& header : reply.response.headers) {
    header.name = arena_.copy(header.name);
    header.value = arena_.copy(header.value);
  }
  reply.response.reason = arena_.copy(reply.response.reason);
  reply.body = arena_.copy(body);
}

}  // namespace fairlead::exchange
