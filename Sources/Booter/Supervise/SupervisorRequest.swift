/// What the supervisor's socket is asked for, one word and a newline.
enum SupervisorRequest: String, CaseIterable {
    /// Answered by one line of JSON.
    case status
    /// Answered by metrics for Prometheus.
    case metrics
    /// The guest is shut down. The connection stays open until the supervisor ends.
    case stop
    /// As `stop`, without waiting for the guest; goes on to the next stage of a stop that is in progress.
    case hurry
    /// Answered by the guest's last output.
    case log
    /// As `log`, and what the guest writes from then on.
    case follow
    /// Answered by a line: `ok COUNT`, or `no` and the reason. Then come COUNT bytes, the guest's last output, and what it writes from
    /// then on; what the client writes is typed for the guest.
    case console
}
