using System.Net;

namespace Uns.Hub.Bench;

/// <summary>What the user asked <c>bench</c> to do, checked.</summary>
internal sealed record BenchOptions
{
    /// <summary>Name of the load, one of <see cref="BenchLoads.All"/>.</summary>
    public required string Load { get; init; }

    /// <summary>The brokers under test, one or two.</summary>
    public required IReadOnlyList<BenchTarget> Targets { get; init; }

    /// <summary>Clients that publish; in the loads of connections: connections.</summary>
    public required int Publishers { get; init; }

    /// <summary>Clients that subscribe.</summary>
    public required int Subscribers { get; init; }

    /// <summary>Bytes of one payload, from <see cref="MessageStamp.Bytes"/>.</summary>
    public required int PayloadBytes { get; init; }

    /// <summary>QoS of messages and subscriptions.</summary>
    public required int Qos { get; init; }

    /// <summary>Messages that each publisher may have under way.</summary>
    public required int Window { get; init; }

    /// <summary>Messages a second over all publishers, sent whether or not the earlier ones arrived; 0: as the window allows.</summary>
    public required int Rate { get; init; }

    /// <summary>Messages kept in the retained load.</summary>
    public required int Messages { get; init; }

    /// <summary>Length of one round.</summary>
    public required TimeSpan Round { get; init; }

    /// <summary>Rounds per broker.</summary>
    public required int Rounds { get; init; }

    /// <summary>Time each broker is warmed up before the first round.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Longest wait for an answer or for the last message of a round.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>One broker under test.</summary>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="Process">What it costs; null when it runs elsewhere.</param>
internal sealed record BenchTarget(IPEndPoint EndPoint, ProcessFigures? Process);
