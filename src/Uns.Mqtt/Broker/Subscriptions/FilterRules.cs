namespace Uns.Mqtt.Broker.Subscriptions;

/// <summary>How filters stand to one another.</summary>
internal static class FilterRules
{
    /// <summary>True when every topic that <paramref name="inner"/> matches is matched by <paramref name="outer"/> too.</summary>
    /// <param name="outer">A topic filter.</param>
    /// <param name="inner">A topic filter or a topic name, which matches itself.</param>
    public static bool Covers(string outer, string inner)
    {
        if (inner.StartsWith('$') && (outer.StartsWith('+') || outer.StartsWith('#')))
        {
            return false; // [MQTT-4.7.2-1]
        }

        var wide = outer.Split('/');
        var narrow = inner.Split('/');
        for (var i = 0; i < wide.Length; i++)
        {
            if (wide[i] == "#")
            {
                return true;
            }

            if (i >= narrow.Length || narrow[i] == "#" || (wide[i] != "+" && !string.Equals(wide[i], narrow[i], StringComparison.Ordinal)))
            {
                return false;
            }
        }

        return wide.Length == narrow.Length;
    }
}
