using System.Runtime.InteropServices;
using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>One metric found in a payload: its numbers, and where its texts and bodies lie in the payload's bytes.</summary>
/// <remarks>64 bytes, so that a payload of empty metrics (2 bytes each) asks for 32 times its length.</remarks>
[StructLayout(LayoutKind.Auto)]
internal struct MetricEntry
{
    /// <summary>The alias; meaningless without <see cref="HasAlias"/>.</summary>
    public ulong Alias;

    /// <summary>Milliseconds since 1970; meaningless without <see cref="HasTimestamp"/>.</summary>
    public ulong Timestamp;

    /// <summary>The bits of the value: of Int, Long, Boolean, Float and Double as in <see cref="WireValue.Bits"/>.</summary>
    public long Bits;

    /// <summary>Where the name lies.</summary>
    public Slice Name;

    /// <summary>Where a text, bytes, data set, template or extension lies.</summary>
    public Slice Value;

    /// <summary>Where the property set lies; null without <see cref="HasProperties"/>.</summary>
    public Slice Properties;

    /// <summary>Where the metadata lie.</summary>
    public Slice Metadata;

    /// <summary>The type's number; 0 when there is none.</summary>
    public uint TypeNumber;

    /// <summary>Which field of the oneof was there.</summary>
    public byte KindNumber;

    private Flags _flags;

    /// <summary>What is there, and what is true.</summary>
    [Flags]
    internal enum Flags : byte
    {
        None = 0,
        Alias = 1,
        Timestamp = 2,
        Type = 4,
        Historical = 8,
        Transient = 16,
        Null = 32,
        Properties = 64,
        Name = 128,
    }

    public readonly WireKind Kind => (WireKind)KindNumber;

    /// <summary>The type named; Unknown when none was, or one beyond the standard's.</summary>
    public readonly DataType Type => TypeNumber <= (uint)DataType.DateTimeArray ? (DataType)TypeNumber : DataType.Unknown;

    /// <summary>True when there is nothing about the metric but its value: no properties, and neither null, historical nor transient.</summary>
    public readonly bool IsPlain => (_flags & (Flags.Properties | Flags.Null | Flags.Historical | Flags.Transient)) == 0;

    public bool HasAlias
    {
        readonly get => (_flags & Flags.Alias) != 0;
        set => Set(Flags.Alias, value);
    }

    public bool HasTimestamp
    {
        readonly get => (_flags & Flags.Timestamp) != 0;
        set => Set(Flags.Timestamp, value);
    }

    public bool HasType
    {
        readonly get => (_flags & Flags.Type) != 0;
        set => Set(Flags.Type, value);
    }

    public bool IsHistorical
    {
        readonly get => (_flags & Flags.Historical) != 0;
        set => Set(Flags.Historical, value);
    }

    public bool IsTransient
    {
        readonly get => (_flags & Flags.Transient) != 0;
        set => Set(Flags.Transient, value);
    }

    public bool IsNull
    {
        readonly get => (_flags & Flags.Null) != 0;
        set => Set(Flags.Null, value);
    }

    public bool HasProperties
    {
        readonly get => (_flags & Flags.Properties) != 0;
        set => Set(Flags.Properties, value);
    }

    public bool HasName
    {
        readonly get => (_flags & Flags.Name) != 0;
        set => Set(Flags.Name, value);
    }

    /// <summary>Sets all of them at once.</summary>
    public void SetFlags(Flags flags) => _flags = flags;

    private void Set(Flags flag, bool value) => _flags = value ? _flags | flag : _flags & ~flag;
}

/// <summary>A stretch of a payload's bytes.</summary>
/// <param name="At">First byte.</param>
/// <param name="Length">How many.</param>
internal readonly record struct Slice(int At, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> wire) => wire.Slice(At, Length);
}

/// <summary>One payload as found in its bytes, which it does not own. Valid until the scanner's next call.</summary>
internal ref struct PayloadFrame
{
    /// <summary>The bytes all slices point into.</summary>
    public ReadOnlySpan<byte> Wire;

    /// <summary>The metrics, in wire order.</summary>
    public ReadOnlySpan<MetricEntry> Metrics;

    /// <summary>Milliseconds since 1970; null when there is none.</summary>
    public ulong? Timestamp;

    /// <summary>0 to 255; null when there is none.</summary>
    public int? Seq;

    /// <summary>Where the uuid lies; empty when there is none.</summary>
    public Slice Uuid;

    /// <summary>Where the body lies; empty when there is none.</summary>
    public Slice Body;

    /// <summary>The name of a metric, in UTF-8; empty when there is none.</summary>
    public readonly ReadOnlySpan<byte> NameOf(in MetricEntry metric) => metric.Name.Of(Wire);
}
