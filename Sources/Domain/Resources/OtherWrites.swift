extension BlockIOLimits {
  /// `blkio` on cgroup v1. The weights belong to a scheduler, and with it change their names.
  func appendV1(to writes: inout [ControlWrite]) {
    if let weight {
      writes.append(
        ControlWrite("blkio", "blkio.weight", "\(weight)", or: "blkio.bfq.weight", "\(weight)"))
    }
    if let leafWeight { writes.append(ControlWrite("blkio", "blkio.leaf_weight", "\(leafWeight)")) }
    for device in weightDevices {
      if let weight = device.weight {
        let line = "\(device.major):\(device.minor) \(weight)"
        writes.append(
          ControlWrite("blkio", "blkio.weight_device", line, or: "blkio.bfq.weight_device", line))
      }
      if let weight = device.leafWeight {
        writes.append(
          ControlWrite("blkio", "blkio.leaf_weight_device", "\(device.major):\(device.minor) \(weight)"))
      }
    }
    for (name, rates) in [
      ("read_bps", readBytes), ("write_bps", writeBytes), ("read_iops", readOperations),
      ("write_iops", writeOperations),
    ] {
      for rate in rates {
        writes.append(
          ControlWrite("blkio", "blkio.throttle.\(name)_device", "\(rate.major):\(rate.minor) \(rate.rate)"))
      }
    }
  }

  /// `io` on cgroup v2: the file of BFQ where the kernel has it, else that of the cost model.
  func appendV2(to writes: inout [ControlWrite]) {
    if let weight {
      writes.append(
        ControlWrite(
          "io", "io.bfq.weight", "\(weight)", or: "io.weight", "\(BlockIOLimits.weight(legacy: weight))"))
    }
    for device in weightDevices {
      guard let weight = device.weight else { continue }
      let place = "\(device.major):\(device.minor)"
      writes.append(
        ControlWrite(
          "io", "io.bfq.weight", "\(place) \(weight)", or: "io.weight",
          "\(place) \(BlockIOLimits.weight(legacy: weight))"))
    }
    for (name, rates) in [
      ("rbps", readBytes), ("wbps", writeBytes), ("riops", readOperations), ("wiops", writeOperations),
    ] {
      for rate in rates {
        // 0 takes a limit away on cgroup v1; here the kernel refuses it, and has a word for none.
        let text = rate.rate == 0 ? "max" : "\(rate.rate)"
        writes.append(ControlWrite("io", "io.max", "\(rate.major):\(rate.minor) \(name)=\(text)"))
      }
    }
  }

  /// Ten to a thousand become one to ten thousand, in a straight line.
  static func weight(legacy weight: UInt16) -> UInt32 {
    let weight = UInt32(max(weight, 10))
    return 1 + (weight - 10) * 9999 / 990
  }
}

extension Resources {
  /// `hugepageLimits`. Kernels before 5.7 do not count reservations apart.
  func appendHugepages(to writes: inout [ControlWrite], _ word: String) {
    for hugepage in hugepages {
      let prefix = "hugetlb.\(hugepage.pageSize)."
      writes.append(ControlWrite("hugetlb", prefix + word, "\(hugepage.limit)"))
      writes.append(ControlWrite("hugetlb", prefix + "rsvd." + word, "\(hugepage.limit)", .unlessMissing))
    }
  }

  /// `rdma`, alike on both versions: what is not given is not written.
  func appendRdma(to writes: inout [ControlWrite]) {
    for limit in rdma {
      var line = limit.device
      if let handles = limit.handles { line += " hca_handle=\(handles)" }
      if let objects = limit.objects { line += " hca_object=\(objects)" }
      if line != limit.device { writes.append(ControlWrite("rdma", "rdma.max", line)) }
    }
  }

  /// `network`, which cgroup v2 has no files for.
  func appendNetwork(to writes: inout [ControlWrite]) {
    if let classID = network.classID {
      writes.append(ControlWrite("net_cls", "net_cls.classid", "\(classID)"))
    }
    for priority in network.priorities {
      writes.append(ControlWrite("net_prio", "net_prio.ifpriomap", "\(priority.name) \(priority.priority)"))
    }
  }

  /// `unified`: files of cgroup v2 by name, line by line, which a file may take one at a time.
  func appendUnified(to writes: inout [ControlWrite]) {
    for entry in unified {
      let controller = String(Substring(entry.name.utf8.prefix { $0 != UInt8(ascii: ".") }))
      for line in entry.value.fields(at: "\n") {
        writes.append(ControlWrite(controller, entry.name, String(line)))
      }
    }
  }
}
