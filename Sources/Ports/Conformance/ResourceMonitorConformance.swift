public import Domain
public import Ports

/// What every implementation of `ResourceMonitor` has to do, as checks by name: for the built-in ones and for those of
/// third parties, from any test framework.
///
/// The checks need a cgroup with processes in it; who calls them makes it, and says what can be had there.
public struct ResourceMonitorConformance {
  /// A container's cgroup that the checks look at.
  public struct Subject {
    /// Where it is.
    public var location: CgroupLocation
    /// Where nothing is and never was.
    public var absent: CgroupLocation
    /// How many processes are in it.
    public var processes: UInt64
    /// Lets a process in it be killed because memory is out, and returns once it is dead; nil where that cannot be had.
    public var exhaust: (() -> Void)?
    /// Waits, at most so many milliseconds, until a descriptor is readable.
    public var wait: (_ descriptor: Int32, _ milliseconds: Int64) -> Bool

    /// Describes a cgroup.
    public init(
      location: CgroupLocation, absent: CgroupLocation, processes: UInt64, exhaust: (() -> Void)? = nil,
      wait: @escaping (_ descriptor: Int32, _ milliseconds: Int64) -> Bool
    ) {
      self.location = location
      self.absent = absent
      self.processes = processes
      self.exhaust = exhaust
      self.wait = wait
    }
  }

  private let subject: Subject
  private let make: () -> any ResourceMonitor

  /// Prepares the checks; `make` makes a monitor, a new one for every use, since nothing may be remembered.
  public init(_ subject: Subject, make: @escaping () -> any ResourceMonitor) {
    self.subject = subject
    self.make = make
  }

  /// The names of all checks.
  public static let names = checks.map(\.name)

  /// Runs all checks; returns those that did not hold.
  public func run() -> [ConformanceFailure] {
    ResourceMonitorConformance.checks.compactMap { check in
      do throws(CgroupError) {
        guard let reason = try check.body(subject, make) else { return nil }
        return ConformanceFailure(check: check.name, reason: reason)
      } catch {
        return ConformanceFailure(check: check.name, reason: "unexpected \(error)")
      }
    }
  }

  private struct Check: Sendable {
    let name: String
    let body: @Sendable (Subject, () -> any ResourceMonitor) throws(CgroupError) -> String?
  }

  private static let checks: [Check] = [
    Check(name: "processes are counted") { subject, make throws(CgroupError) in
      let count = try make().statistics(of: subject.location, .pids).pids.current
      return count == subject.processes ? nil : "\(count) and not \(subject.processes)"
    },
    Check(name: "what is used does not shrink") { subject, make throws(CgroupError) in
      let first = try make().statistics(of: subject.location, .cpu)
      let second = try make().statistics(of: subject.location, .cpu)
      return second.cpu.total >= first.cpu.total ? nil : "\(second.cpu.total) after \(first.cpu.total)"
    },
    Check(name: "one call reads everything") { subject, make throws(CgroupError) in
      let all = try make().statistics(of: subject.location, .all)
      return all.pids.current == subject.processes ? nil : "other processes than when they are read alone"
    },
    Check(name: "nothing selected, nothing read") { subject, make throws(CgroupError) in
      try make().statistics(of: subject.location, []) == ResourceStatistics() ? nil : "something"
    },
    Check(name: "statistics of what was never made are an error") { subject, make throws(CgroupError) in
      refusal { () throws(CgroupError) in _ = try make().statistics(of: subject.absent, .all) }
    },
    Check(name: "what was never made cannot be watched") { subject, make throws(CgroupError) in
      refusal { () throws(CgroupError) in _ = try make().memoryEvents(of: subject.absent, .limits) }
    },
    Check(name: "a watch tells nothing while nothing happens") { subject, make throws(CgroupError) in
      guard subject.exhaust != nil else { return nil }
      let watch = try make().memoryEvents(of: subject.location, .limits)
      for _ in 0..<2 {
        guard let events = try watch.take() else { return "the cgroup is gone" }
        guard events.isEmpty else { return "\(events)" }
      }
      return nil
    },
    Check(name: "each killed process is told once") { subject, make throws(CgroupError) in
      guard let exhaust = subject.exhaust else { return nil }
      let watches = [
        try make().memoryEvents(of: subject.location, .limits),
        try make().memoryEvents(of: subject.location, .limits),
      ]
      for round in 1...2 {
        exhaust()
        for watch in watches {
          let kills = try collect(watch, subject)
          guard kills == 1 else { return "\(kills) in round \(round)" }
        }
      }
      let late = try make().memoryEvents(of: subject.location, .limits)
      return try late.take()?.isEmpty == true ? nil : "a watch tells what was before it"
    },
  ]

  /// All kills that a watch tells until it is silent for some time.
  private static func collect(_ watch: any MemoryWatch, _ subject: Subject) throws(CgroupError) -> UInt64 {
    var kills: UInt64 = 0
    while subject.wait(watch.descriptor, 1500) {
      guard let events = try watch.take() else { return kills }
      kills &+= events.oomKill
    }
    return kills
  }

  /// Nil when a call fails.
  private static func refusal(_ body: () throws(CgroupError) -> Void) -> String? {
    do throws(CgroupError) {
      try body()
      return "no error"
    } catch {
      return nil
    }
  }
}
