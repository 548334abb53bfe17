import CLinux
public import Domain

/// Processes by pidfd and by start time.
public enum Processes {
  /// Opens a process. The corresponding system call is `pidfd_open`.
  public static func open(_ pid: Int32) throws(Errno) -> Descriptor {
    Descriptor(owning: Int32(try call(Int32(SYS_pidfd_open), Int(pid), 0)))
  }

  /// Signals the process behind a pidfd. The corresponding system call is `pidfd_send_signal`, or `kill` where the
  /// kernel lacks it: for a child that is not reaped yet, whose number nobody else can have, the two are one.
  public static func signal(_ processDescriptor: Int32, _ signal: Int32) throws(Errno) {
    do throws(Errno) {
      try send(signal, to: processDescriptor)
      return
    } catch {
      guard error.meansMissing else { throw error }
    }
    _ = try call(Int32(SYS_kill), Int(try number(of: processDescriptor)), Int(signal))
  }

  static func send(_ signal: Int32, to processDescriptor: Int32) throws(Errno) {
    _ = try call(Int32(SYS_pidfd_send_signal), Int(processDescriptor), Int(signal), 0, 0)
  }

  /// The id of the process behind a pidfd, from its `fdinfo`.
  public static func number(of processDescriptor: Int32) throws(Errno) -> Int32 {
    let bytes = try Procfs().read("self/fdinfo/\(processDescriptor.decimal)", limit: 4096)
    guard let number = number(descriptorInfo: bytes) else { throw .noSuchProcess }
    return number
  }

  /// The line `Pid:` of a pidfd's `fdinfo`; nil for a process that is gone, whose number is -1.
  static func number(descriptorInfo bytes: [UInt8]) -> Int32? {
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Pid:".utf8) {
      return positive(line.dropFirst(4).drop { $0 == 32 || $0 == 9 })
    }
    return nil
  }

  private static func positive(_ digits: ArraySlice<UInt8>) -> Int32? {
    guard !digits.isEmpty, let number = number(digits), number > 0 else { return nil }
    return Int32(exactly: number)
  }

  /// Stops the caller until it is told to continue. The corresponding signal is `SIGSTOP`.
  public static func stop() {
    kill(getpid(), SIGSTOP)
  }

  /// The caller's id. The corresponding system call is `getpid`.
  public static var current: Int32 { getpid() }

  /// A process's id in its own process namespace: the last one in the field `NSpid` of `/proc/PID/status`.
  public static func innerNumber(of pid: Int32) throws(Errno) -> Int32 {
    let bytes = try Procfs().read("\(pid.decimal)/status", limit: 1 << 16)
    guard let number = innerNumber(status: bytes) else { throw .noSuchProcess }
    return number
  }

  /// The last number of the line `NSpid:`.
  static func innerNumber(status bytes: [UInt8]) -> Int32? {
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "NSpid:".utf8) {
      return line.split(separator: UInt8(ascii: "\t")).last.flatMap(positive)
    }
    return nil
  }

  /// Field 22 of `/proc/PID/stat`, and whether the process still runs.
  public static func stat(_ pid: Int32) throws(Errno) -> (startTime: UInt64, isAlive: Bool) {
    let bytes = try Procfs().read("\(pid.decimal)/stat", limit: 8192)
    guard let parsed = parseStat(bytes) else { throw .invalidArgument }
    return parsed
  }

  /// Reads state (field 3), number of threads (field 20) and start time (field 22) after the last `)`: a name may
  /// hold anything. A process whose main thread has ended shows that thread's state, and runs on in the others.
  static func parseStat(_ bytes: [UInt8]) -> (startTime: UInt64, isAlive: Bool)? {
    guard let close = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    var fields = ByteFields(bytes[(close + 1)...], at: " ")
    guard fields.next()?.isEmpty == true, let state = fields.next()?.first else { return nil }
    for _ in 4..<20 where fields.next() == nil { return nil }
    guard let threads = fields.next().flatMap(number), fields.next() != nil,
      let startTime = fields.next().flatMap(number)
    else { return nil }
    let mainRuns = state != UInt8(ascii: "Z") && state != UInt8(ascii: "X")
    return (startTime, mainRuns || threads > 1)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      guard digit >= 48, digit <= 57 else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      number = product &+ UInt64(digit - 48)
    }
    return number
  }

  /// Whether exactly this process is seen to run: false too where procfs cannot be read.
  public static func isAlive(_ identity: ProcessIdentity) -> Bool {
    guard let found = try? stat(identity.pid) else { return false }
    return found.isAlive && found.startTime == identity.startTime
  }

  /// Who the caller is.
  public static func currentIdentity() throws(Errno) -> ProcessIdentity {
    let pid = current
    return ProcessIdentity(pid: pid, startTime: try stat(pid).startTime)
  }

  /// Opens a process and makes sure, once it is open, that it is this one.
  /// - Throws: `noSuchProcess` when it is gone or another.
  public static func open(_ identity: ProcessIdentity) throws(Errno) -> Descriptor {
    let opened = try open(identity.pid)
    guard isAlive(identity) else { throw .noSuchProcess }
    return opened
  }

  /// How many threads the caller has.
  public static func threadCount() throws(Errno) -> Int {
    let tasks = try Procfs().open("self/task", O_RDONLY)
    return Int(try Files.status(tasks.number).st_nlink) - 2
  }
}
