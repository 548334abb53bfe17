import Domain
import Linux
import Ports

/// The way of one process through its plan, as its timeline tells it.
final class TraceTrack {
  /// Its plan.
  let plan: Plan
  /// Its timeline; nil where the kernel could not make the file.
  private let file: Descriptor?
  /// Who it is, once it is born.
  var process: ProcessIdentity?
  /// The step at which it failed.
  var failure: StepFailure?
  /// When its parent saw it execute its program, fail or die: nanoseconds of the real-time clock.
  var end: UInt64 = 0

  init(_ plan: Plan) {
    self.plan = plan
    file = try? Timeline.make(steps: plan.entries.count)
  }

  /// The file for the spawner, valid while this object lives.
  var descriptor: Int32? {
    switch file {
    case .some(let file): file.number
    case .none: nil
    }
  }

  /// A part of its way.
  struct Part {
    var name: String
    /// The index of the step; nil for what lies before the first.
    var step: Int?
    /// Nanoseconds of the real-time clock.
    var begin: UInt64
    var end: UInt64
  }

  /// The parts, in order; each ends where the next begins.
  var parts: [Part] {
    let times = words
    guard !times.isEmpty else { return [] }
    var parts = TraceTrack.points.compactMap { point in
      TraceTrack.part(point.name, nil, times[point.point.rawValue])
    }
    for (index, entry) in plan.entries.enumerated() {
      guard let part = TraceTrack.part("\(entry.step.kind)", index, times[Timeline.firstStep + index]) else {
        continue
      }
      parts.append(part)
    }
    let failed = times[Timeline.Point.failed.rawValue]
    let last = failed > 0 ? failed : end
    for index in parts.indices {
      parts[index].end = max(parts[index].begin, index + 1 < parts.count ? parts[index + 1].begin : last)
    }
    return parts
  }

  /// What lies between one point and the next.
  private static let points: [(point: Timeline.Point, name: String)] = [
    (.born, "born"), (.succeeding, "make successor"), (.meeting, "meet the parent"),
    (.arranging, "arrange descriptors"),
    (.executing, "execute the init stage"), (.started, "wait for the plan"), (.planned, "read the plan"),
  ]

  private static func part(_ name: String, _ step: Int?, _ begin: UInt64) -> Part? {
    begin == 0 ? nil : Part(name: name, step: step, begin: begin, end: begin)
  }

  /// All words; none where there is no timeline.
  private var words: [UInt64] {
    let count = Timeline.count(steps: plan.entries.count)
    guard let descriptor, let bytes = try? MemoryFile.contents(of: descriptor, limit: count * 8),
      bytes.count == count * 8
    else { return [] }
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
  }
}
