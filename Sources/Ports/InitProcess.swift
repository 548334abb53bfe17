public import Domain

/// Starts processes that go through a plan.
///
/// ## Implementation guidance
/// - `spawn` joins and makes namespaces, and returns once the process exists. A failure leaves no process
///   behind. The plan's slots are opened when the plan is delivered.
/// - The process dies when its parent does, at every wait, until it has been told to go on from
///   `Milestone.ready`.
/// - The process is not dumpable until it executes its program, and never runs the host's binary.
public protocol ProcessSpawner: AnyObject {
  /// Gives birth to a process.
  func spawn(_ request: SpawnRequest) throws(SpawnError) -> any InitProcess
}

/// What a spawner needs beside the plan.
public struct SpawnRequest: Sendable {
  /// The plan whose birth and slots count here.
  public var plan: Plan
  /// `CLONE_INTO_CGROUP`: a descriptor of the cgroup to be born in.
  public var cgroup: Int32?
  /// The container's state directory, where the exec fifo is.
  public var stateDirectory: String?
  /// `exec`: the container's init process, whose namespaces are entered.
  public var target: ProcessIdentity?
  /// Standard input, output and error of the process; nil passes the caller's on.
  public var standardStreams: StandardStreams?
  /// The file of a `Timeline`, which stays the caller's, for whoever wants to know when the process came to what. A
  /// spawner that cannot tell leaves it empty.
  public var timeline: Int32?

  /// Makes a request.
  public init(
    plan: Plan, cgroup: Int32? = nil, stateDirectory: String? = nil, target: ProcessIdentity? = nil,
    standardStreams: StandardStreams? = nil
  ) {
    self.plan = plan
    self.cgroup = cgroup
    self.stateDirectory = stateDirectory
    self.target = target
    self.standardStreams = standardStreams
  }
}

/// Three descriptors to become standard input, output and error.
public struct StandardStreams: Equatable, Sendable {
  /// Standard input.
  public var input: Int32
  /// Standard output.
  public var output: Int32
  /// Standard error.
  public var error: Int32

  /// Names three descriptors, which stay the caller's.
  public init(input: Int32, output: Int32, error: Int32) {
    self.input = input
    self.output = output
    self.error = error
  }
}

/// A process on its way through a plan: the parent's side of the conversation.
public protocol InitProcess: AnyObject {
  /// Who it is.
  var identity: ProcessIdentity { get }

  /// Sends it its plan, and the doors of its cgroups, which are closed here; the process starts on its
  /// first step.
  func deliver(_ plan: EncodedPlan, doors: [Int32]) throws(SpawnError)

  /// Opens the late slots of its plan and sends them, and the doors of the remaining cgroups, which are closed
  /// here: what it waits for at `Step.joinRemainingCgroups`.
  func deliverRest(doors: [Int32]) throws(SpawnError)

  /// Waits for the next thing it says.
  func nextEvent() throws(SpawnError) -> InitEvent

  /// Lets it go on from the milestone at which it waits.
  func proceed() throws(SpawnError)

  /// Tells it, before it is asked, that it may pass `Milestone.limited`, which it does not report. A plan
  /// without that milestone must not get this word.
  func announceLimits() throws(SpawnError)

  /// Kills it, if it is there, and reaps it. Idempotent.
  func kill()

  /// The pidfd, borrowed: valid while this object lives.
  var processDescriptor: Int32 { get }
}

/// What a process on its way through a plan tells its parent.
public enum InitEvent: Equatable, Sendable {
  /// It waits at a milestone.
  case reached(Milestone)
  /// The master of the terminal that it opened; the receiver owns the descriptor.
  case terminal(Int32)
  /// The listener of a seccomp filter that is in force; the receiver owns the descriptor, and the process
  /// waits until it is told to proceed.
  case listener(Int32)
  /// A step failed and the process is gone, or about to be.
  case failed(StepFailure)
  /// It executed its program, or has nothing left to do but wait for `start`.
  case executed
  /// It ended without a word: by this wait status, if it could be had.
  case died(waitStatus: Int32?)
}

/// The failure of one step, as the process reports it: numbers only.
public struct StepFailure: Error, Equatable, Sendable {
  /// The index of the step in its plan.
  public var index: Int
  /// What the kernel answered.
  public var errno: Errno
  /// Which call failed.
  public var call: StepCall
  /// What else the step says; its meaning is the step's.
  public var detail: UInt32

  /// Makes a failure.
  public init(index: Int, errno: Errno, call: StepCall, detail: UInt32 = 0) {
    self.index = index
    self.errno = errno
    self.call = call
    self.detail = detail
  }
}

/// Why a process could not be born, or its conversation broke.
public enum SpawnError: Error, Equatable, Sendable {
  /// A call of the parent failed.
  case system(SystemFailure)
  /// A slot of the plan could not be opened.
  case slot(origin: JSONPointer, SystemFailure)
  /// A namespace could not be joined.
  case namespace(origin: JSONPointer, SystemFailure)
  /// A user namespace that was joined has other mappings than the document says.
  case mapping(origin: JSONPointer)
  /// A resource limit could not be set.
  case limit(origin: JSONPointer, SystemFailure)
  /// The CPUs of the process's birth could not be set.
  case affinity(origin: JSONPointer, SystemFailure)
  /// The process said something that makes no sense.
  case protocolViolation(String)
  /// The runtime has more than one thread where one is required.
  case multithreaded(count: Int)
}
