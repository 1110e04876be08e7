namespace Uns.Ui.Changes;

/// <summary>Who did what and when: settings, set-points, alarms, certificates. Kept on disk.</summary>
public interface ILogBook
{
    /// <summary>Writes one row, and does not wait for the disk.</summary>
    void Post(string kind, string thing, string words, string author);

    /// <summary>Reads rows, newest first.</summary>
    Task<IReadOnlyList<LogRow>> ReadAsync(LogFilter filter, CancellationToken cancellationToken);
}

/// <summary>One row of the log.</summary>
/// <param name="Id">Its number; later rows have higher ones.</param>
/// <param name="Time">When, UTC.</param>
/// <param name="Author">Who.</param>
/// <param name="Kind">What it is about: one of <see cref="LogKinds"/>.</param>
/// <param name="Thing">Name of the device, alarm, client or edge node, path of the value, thumbprint of the certificate.</param>
/// <param name="Words">What is different.</param>
/// <param name="Comment">Why; empty when nobody said.</param>
/// <param name="Version">The version of the settings that holds it; null for what is no setting.</param>
public sealed record LogRow(long Id, DateTimeOffset Time, string Author, string Kind, string Thing, string Words, string Comment, int? Version);

/// <summary>Which rows to read.</summary>
/// <param name="Search">Part of thing, words, comment or author, without regard to case; empty: all.</param>
/// <param name="Kind">One of <see cref="LogKinds"/>; empty: all.</param>
/// <param name="Before">Only rows older than this number; null: from the newest.</param>
/// <param name="Most">Most to give, 1 to 1,000.</param>
/// <param name="Without">A kind to leave out; empty: none.</param>
public sealed record LogFilter(string Search = "", string Kind = "", long? Before = null, int Most = 200, string Without = "");

/// <summary>What a row can be about.</summary>
public static class LogKinds
{
    /// <summary>A device or its tags.</summary>
    public const string Device = "device";

    /// <summary>The mapping table.</summary>
    public const string Mapping = "mapping";

    /// <summary>An alarm's rule.</summary>
    public const string Alarm = "alarm";

    /// <summary>A set-point was written.</summary>
    public const string Write = "write";

    /// <summary>An alarm was acknowledged or shelved.</summary>
    public const string Operate = "operate";

    /// <summary>A certificate was trusted or not any more.</summary>
    public const string Trust = "trust";

    /// <summary>A draft was begun, changed, published or thrown away.</summary>
    public const string Draft = "draft";

    /// <summary>Values were taken out.</summary>
    public const string Plant = "plant";

    /// <summary>An MQTT client was disconnected, or its session dropped.</summary>
    public const string Client = "client";

    /// <summary>An edge node was asked to be born again.</summary>
    public const string Node = "node";

    /// <summary>Somebody signed in or failed to; people, passwords, roles and tokens.</summary>
    public const string Access = "access";

    /// <summary>All of them with their words.</summary>
    public static IReadOnlyList<(string Kind, string Words)> All { get; } =
        [(Device, "Devices"), (Mapping, "Mapping"), (Alarm, "Alarm rules"), (Write, "Set-points"), (Operate, "Alarms"), (Trust, "Certificates"), (Draft, "Drafts"), (Plant, "Plant"), (Client, "MQTT clients"), (Node, "Edge nodes"), (Access, "People")];
}
