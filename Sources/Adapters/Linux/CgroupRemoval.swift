import CLinux
public import Domain
public import Ports

extension CgroupForest {
  /// Removes cgroups and all below them; what is missing is no error, and what another container has taken over stays.
  /// Dying processes are waited for.
  public func destroy(_ places: [CgroupPlace], of holder: CgroupLocation.Holder?) throws(CgroupError) {
    let deadline = Waiting.now() + CgroupForest.patience
    for place in places {
      if try remove(place) { continue }
      if try place.isTaken(from: holder) { continue }
      try removeOccupied(place, in: places, deadline)
    }
  }

  /// False when it is in use.
  private func remove(_ place: CgroupPlace) throws(CgroupError) -> Bool {
    do throws(Errno) {
      try place.tree.remove(place.name)
      return true
    } catch {
      if CgroupPlace.meansGone(error) { return true }
      if error == .busy || error == .notEmpty { return false }
      throw place.failure("unlinkat", error)
    }
  }

  private func removeOccupied(
    _ place: CgroupPlace, in places: [CgroupPlace], _ deadline: Int64
  ) throws(CgroupError) {
    var round = 0
    while true {
      try removeBelow(place)
      if try remove(place) { return }
      let processes = try place.processes()
      guard Waiting.now() < deadline else {
        throw .timedOut(operation: "remove", directory: place.directory, processes: processes)
      }
      waitForExit(of: processes, min(deadline, Waiting.now() + CgroupForest.attention))
      // The last process may be past its end and not yet out of the count; nothing tells when it is.
      CgroupForest.pause(round)
      round += 1
    }
  }

  /// What is in use is left.
  private func removeBelow(_ place: CgroupPlace) throws(CgroupError) {
    do throws(Errno) {
      try CgroupWalk.go(
        through: place.name, of: place.tree, enter: { (_) throws(Errno) in },
        leave: { (parent, name) throws(Errno) in
          do throws(Errno) {
            try Files.removeDirectory(name, at: parent)
          } catch {
            guard CgroupPlace.meansGone(error) || error == .busy || error == .notEmpty else { throw error }
          }
        })
    } catch {
      guard CgroupPlace.meansGone(error) else { throw place.failure("unlinkat", error, "below") }
    }
  }

  /// Kills what is in a cgroup and below it, again and again until nobody is left to fork.
  ///
  /// `cgroup.kill` speaks to main threads alone: a process whose main thread has ended does not hear it, so that what
  /// is left after a while is signalled.
  /// - Parameters:
  ///   - isKilled: whether `cgroup.kill` was written to the cgroup, or to one with the same processes.
  ///   - signal: sends signals to what is in it.
  public func killAll(
    _ place: CgroupPlace, isKilled: () throws(CgroupError) -> Bool, signal: () throws(CgroupError) -> Void
  ) throws(CgroupError) {
    let deadline = Waiting.now() + CgroupForest.patience
    var round = 0
    while true {
      let wasKilled = try isKilled()
      let processes = try place.processes()
      if processes.isEmpty { return }
      guard Waiting.now() < deadline else {
        throw .timedOut(operation: "kill", directory: place.directory, processes: processes)
      }
      if !wasKilled || round > 0 { try signal() }
      // Not for long: a number may have passed on to a stranger since it was read.
      waitForExit(of: processes, min(deadline, Waiting.now() + CgroupForest.attention))
      // Those that cannot be seen from here cannot be waited for either.
      CgroupForest.pause(round)
      round += 1
    }
  }

  /// How long a process that was killed is waited for before it is looked for again, in milliseconds.
  private static let attention: Int64 = 500

  /// Kills what is in a cgroup and below it by signals.
  public func signalAll(in place: CgroupPlace) throws(CgroupError) {
    let listed = try place.processes()
    // What a signal did not reach is there still when it is looked for again.
    _ = ListedProcesses.signal(listed, SIGKILL) {
      do throws(CgroupError) { return try place.processes() } catch { return nil }
    }
  }

  /// Waits until processes have ended, each by its pidfd. The kernel tells of that at once; of a cgroup
  /// that became empty (`cgroup.events`) it may tell 10 ms later.
  public func waitForExit(of processes: [Int32], _ deadline: Int64) {
    for pid in processes {
      guard let process = try? ProcessHandle(pid) else { continue }
      _ = try? process.waitForEnd(timeout: max(0, deadline - Waiting.now()))
    }
  }
}

extension CgroupForest {
  /// Gives the kernel time where it announces nothing: the processor for the first rounds, then a
  /// millisecond each.
  public static func pause(_ round: Int) {
    if round < 4 {
      sched_yield()
    } else {
      var none: [pollfd] = []
      _ = try? Waiting.poll(&none, timeout: 1)
    }
  }
}

/// Waiting for `cgroup.events` of version 2.
public enum CgroupEvents {
  /// Waits until the file has a line; false when the deadline is over or the cgroup is gone. The
  /// corresponding event is `POLLPRI`.
  public static func wait(_ place: CgroupPlace, for line: String, until deadline: Int64) throws(CgroupError)
    -> Bool
  {
    do throws(Errno) {
      let file = try place.tree.open("\(place.name)/cgroup.events", O_RDONLY)
      while true {
        if try has(line, file.number) { return true }
        let left = deadline - Waiting.now()
        guard left > 0 else { return false }
        var waiting = [pollfd(fd: file.number, events: Int16(POLLPRI), revents: 0)]
        _ = try Waiting.poll(&waiting, timeout: left)
      }
    } catch {
      if CgroupPlace.meansGone(error) { return false }
      throw place.failure("poll", error, "cgroup.events")
    }
  }

  private static func has(_ line: String, _ file: Int32) throws(Errno) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = buffer.withUnsafeMutableBytes {
      clinux_call(Int(SYS_pread64), Int(file), word($0.baseAddress), 256, 0, 0, 0)
    }
    guard count >= 0 else { throw Errno(rawValue: Int32(truncatingIfNeeded: -count)) }
    return buffer.prefix(count).split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual(line.utf8) }
  }
}
