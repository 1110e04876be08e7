using System.IO.Compression;
using System.Text;
using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Tags;

namespace Uns.UnitTests.Connectors.TagFiles;

/// <summary>Each kind of tag file is known by its content and read tag by tag.</summary>
public sealed class TagFileReaderTests
{
    [Fact]
    public void Kepware()
    {
        var rows = Read(
            "Kepware CSV",
            """
            Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate,Scaling,Raw Low,Raw High,Scaled Low,Scaled High,Scaled Data Type,Clamp Low,Clamp High,Eng Units,Description,Negate Value
            "Oven.Zone1.Temp","400011",Word,1,RO,500,Linear,0,27648,0,100,Float,1,1,"°C","Zone 1, upper",0
            "Total",400021,LBCD,1,R/W,100,,,,,,,,,"","",
            "Long",400031,Long,1,RO,100,None,,,,,,,,,"",0
            "Bits",400041,"Word Array",1,RO,100,,,,,,,,,,,
            "Root",400051,Word,1,RO,100,Square Root,0,100,0,10,Float,0,0,,,0
            "Odd",400061,Quad,1,RO,100,,,,,,,,,,,
            """);
        Assert.Equal("Oven/Zone1/Temp", rows[0].Tag.Name);
        Assert.Equal((DataType.UInt16, TimeSpan.FromMilliseconds(500), false, "°C", "Zone 1, upper"), (rows[0].Tag.DataType, rows[0].Tag.Period, rows[0].Tag.Writable, rows[0].Tag.Unit, rows[0].Tag.Description));
        Assert.Equal(100, (27648 * rows[0].Tag.Factor) + rows[0].Tag.Offset, 9);
        Assert.Equal((0d, 100d, true), (rows[0].Tag.Low, rows[0].Tag.High, rows[0].Tag.Clamp));
        Assert.Equal(("400021:LBCD", DataType.UInt32, true), (rows[1].Tag.Address, rows[1].Tag.DataType, rows[1].Tag.Writable));
        Assert.Equal(DataType.Int32, rows[2].Tag.DataType);
        Assert.Equal(DataType.UInt16Array, rows[3].Tag.DataType);
        Assert.Contains("Square Root", rows[4].Fault, StringComparison.Ordinal);
        Assert.Equal("Data Type is 'Quad', which is no type known here.", rows[5].Fault);
        Assert.Equal(7, rows[5].Line);
    }

    [Fact]
    public void A_JSON_that_names_a_property_twice_is_refused_with_its_line()
    {
        var reading = TagFileReader.Read(Encoding.UTF8.GetBytes("{\n\"name\": \"a\", \"tagType\": \"AtomicTag\",\n\"name\": \"b\", \"tags\": [] }"));

        Assert.StartsWith("The file cannot be read: the JSON breaks off at line ", reading.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Ignition_7()
    {
        var rows = Read(
            "Ignition 7 CSV",
            """
            # version=1
            Path,Name,Owner,TagType,DataType,Value,Enabled,AccessRights,OPCServer,OPCItemPath,ScanClass,DriverName,ScaleMode,RawLow,RawHigh,ScaledLow,ScaledHigh,Deadband,EngUnit,EngLow,EngHigh,Tooltip,Documentation
            Line1/,,,Folder,,,,,,,,,,,,,,,,,,,
            Line1/,Speed,,0,4,,True,1,Ignition OPC-UA Server,[Press]HRF100,Default,,0,,,,,0.5,mm/s,0,250,tip,the speed
            Line1/,Level,,0,1,,True,0,Ignition OPC-UA Server,"ns=1;s=[Press]HR7",Default,,1,0,1000,0,10,0,,,,,
            ,Memory,,0,4,,True,1,,,Default,,0,,,,,0,,,,,
            """);
        Assert.Equal(("Line1/Speed", "HRF100", DataType.Float, true, 0.5, 250d), (rows[0].Tag.Name, rows[0].Tag.Address, rows[0].Tag.DataType, rows[0].Tag.Writable, rows[0].Tag.Deadband, rows[0].Tag.High));
        Assert.Equal(("Press", "mm/s", "the speed"), (rows[0].Device, rows[0].Tag.Unit, rows[0].Tag.Description));
        Assert.Equal(("HR7", DataType.Int16, 0.01), (rows[1].Tag.Address, rows[1].Tag.DataType, rows[1].Tag.Factor));
        Assert.Contains("no address in a device", rows[2].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Ignition_8_with_types_and_their_instances()
    {
        var rows = Read(
            "Ignition 8 JSON",
            """
            { "name": "", "tagType": "Provider", "tags": [
              { "name": "_types_", "tagType": "Folder", "tags": [
                { "name": "Motor", "tagType": "UdtType", "parameters": { "Base": { "dataType": "Integer", "value": 100 } }, "tags": [
                  { "name": "Speed", "tagType": "AtomicTag", "valueSource": "opc", "dataType": "Float4", "opcItemPath": "ns=1;s=[PLC]HRF{Base}", "engUnit": "rpm", "engLow": 0, "engHigh": 3000 },
                  { "name": "Name", "tagType": "AtomicTag", "valueSource": "expr", "dataType": "String" } ] } ] },
              { "name": "Line1", "tagType": "Folder", "tags": [
                { "name": "M1", "tagType": "UdtInstance", "typeId": "Motor", "parameters": { "Base": { "dataType": "Integer", "value": 200 } } },
                { "name": "M2", "tagType": "UdtInstance", "typeId": "Motor", "tags": [ { "name": "Speed", "tagType": "AtomicTag", "engUnit": "1/min" } ] },
                { "name": "Direct", "tagType": "AtomicTag", "valueSource": "opc", "dataType": "Int8", "opcItemPath": "nsu=urn:x;s=a" },
                { "name": "Lost", "tagType": "UdtInstance", "typeId": "Pump" } ] } ] }
            """);
        Assert.Equal(("Line1/M1/Speed", "HRF200", "PLC", "rpm", 3000d), (rows[0].Tag.Name, rows[0].Tag.Address, rows[0].Device, rows[0].Tag.Unit, rows[0].Tag.High));
        Assert.Contains("'expr'", rows[1].Fault, StringComparison.Ordinal);
        Assert.Equal(("Line1/M2/Speed", "HRF100", "1/min"), (rows[2].Tag.Name, rows[2].Tag.Address, rows[2].Tag.Unit));
        Assert.Equal(("Line1/Direct", "nsu=urn:x;s=a", DataType.Int64), (rows[4].Tag.Name, rows[4].Tag.Address, rows[4].Tag.DataType));
        Assert.Contains("'Pump' is not in the file", rows[5].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Neuron()
    {
        var rows = Read("Neuron", "group,name,address,attribute,type,description,decimal,precision,bias\ng1,temp,1!400001#BL,Read|Write,FLOAT,oven,0.1,2,-5\ng1,fixed,,Static,INT16,,,,\n");
        Assert.Equal(("g1/temp", "1!400001#BL", true, 0.1, -5d, DataType.Float), (rows[0].Tag.Name, rows[0].Tag.Address, rows[0].Tag.Writable, rows[0].Tag.Factor, rows[0].Tag.Offset, rows[0].Tag.DataType));
        Assert.Contains("static", rows[1].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Tia_with_semicolons_and_as_a_spreadsheet()
    {
        const string Table = "Name;Path;Data Type;Logical Address;Comment;Hmi Visible;Hmi Accessible;Hmi Writeable;Typeobject ID;Version ID\nMotor_On;Default;Bool;%Q0.1;Haupt, links;True;True;True;;\nLevel;Default;Int;%IW64;;True;True;False;;\n";
        foreach (var bytes in new[] { Encoding.GetEncoding(1200).GetPreamble().Concat(Encoding.Unicode.GetBytes(Table)).ToArray(), Spreadsheet(Table) })
        {
            var reading = TagFileReader.Read(bytes);
            Assert.Equal("TIA Portal tag table", reading.Format);
            Assert.Equal(("Motor_On", "%Q0.1:BOOL", true, "Haupt, links"), (reading.Rows[0].Tag.Name, reading.Rows[0].Tag.Address, reading.Rows[0].Tag.Writable, reading.Rows[0].Tag.Description));
            Assert.Equal(("%IW64:INT", false), (reading.Rows[1].Tag.Address, reading.Rows[1].Tag.Writable));
        }
    }

    [Fact]
    public void HiveMq_edge()
    {
        var row = Assert.Single(Read(
            "HiveMQ Edge CSV",
            "tag_name,tag_name_default,tag_description,northbound_topic,node_path,namespace_uri,namespace_index,node_id,data_type,access_level,node_description\nspeed,,the speed,a/b,/Objects,urn:plant,2,\"ns=2;s=\"\"DB\"\".\"\"Speed\"\"\",Double,READ_WRITE,\n"));
        Assert.Equal(("speed", "nsu=urn:plant;s=\"DB\".\"Speed\"", DataType.Double, true), (row.Tag.Name, row.Tag.Address, row.Tag.DataType, row.Tag.Writable));
    }

    [Fact]
    public void Factory_plus()
    {
        var rows = Read("Factory+ origin map", "Tag_Path,Sparkplug_Type,Allowed_Sparkplug_Types,Address,Path,Value,Eng_Unit,Eng_Low,Eng_High,Deadband,Record_To_Historian\nAxes/X,FloatLE,,HR1,,,mm,0,100,0.1,1\nInfo/Name,String,,,,fixed,,,,,\n");
        var row = Assert.Single(rows);
        Assert.Equal(("Axes/X", "HR1#DCBA", DataType.Float, 0.1, "mm"), (row.Tag.Name, row.Tag.Address, row.Tag.DataType, row.Tag.Deadband, row.Tag.Unit));
    }

    [Fact]
    public void Opc_publisher()
    {
        var rows = Read("OPC Publisher JSON", """[{"EndpointUrl":"opc.tcp://a:4840","OpcNodes":[{"Id":"ns=2;s=A","DisplayName":"a","OpcSamplingInterval":250},{"ExpandedNodeId":"nsu=urn:x;s=B"}]}]""");
        Assert.Equal(("a", "ns=2;s=A", TimeSpan.FromMilliseconds(250)), (rows[0].Tag.Name, rows[0].Tag.Address, rows[0].Tag.Period));
        Assert.Equal(("B", "nsu=urn:x;s=B"), (rows[1].Tag.Name, rows[1].Tag.Address));
    }

    [Fact]
    public void Any_table_by_its_columns_or_their_usual_names()
    {
        Assert.Equal("HR7", Assert.Single(Read("table", "Symbol;Register;Units\nTemp;HR7;°C\n")).Tag.Address);
        var reading = TagFileReader.Read("Wo;Was\nHR7;Temp\n"u8.ToArray(), new Dictionary<string, string> { ["name"] = "Was", ["address"] = "Wo" });
        Assert.Equal(("table", "Temp", "HR7"), (reading.Format, reading.Rows[0].Tag.Name, reading.Rows[0].Tag.Address));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{")]
    [InlineData("""{"a":1}""")]
    [InlineData("a,b\n1,2\n")]
    public void What_is_no_tag_file_is_one_sentence(string text)
    {
        var reading = TagFileReader.Read(Encoding.UTF8.GetBytes(text));
        Assert.Empty(reading.Rows);
        Assert.EndsWith(".", reading.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_files_never_throw()
    {
        var random = new Random(5);
        byte[][] seeds = ["Tag Name,Address,Data Type,Client Access\n\"a\"\"b\",1,Word,RO\n"u8.ToArray(), """{"name":"x","tagType":"Folder","tags":[{"name":"y","tagType":"AtomicTag","opcItemPath":"[D]HR1"}]}"""u8.ToArray(), Spreadsheet("a;b\n1;2\n"), """[{"protocol":"modbus","name":"d","tags":[{"name":"t","address":"HR1","period":"00:00:01"}]}]"""u8.ToArray()];
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = (byte[])seeds[round % seeds.Length].Clone();
            for (var flips = random.Next(1, 8); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            _ = TagFileReader.Read(bytes.AsMemory(0, random.Next(bytes.Length + 1)));
        }
    }

    [Fact]
    public void Our_own_files_round_trip_and_no_cell_is_a_formula()
    {
        DeviceOptions[] devices =
        [
            new()
            {
                Name = "press", Protocol = "modbus",
                Tags =
                [
                    new() { Id = Guid.NewGuid(), Name = "a/b", Address = "HR1", DataType = DataType.Float, Factor = 0.1, Offset = -2.5, Clamp = true, Low = -1, High = 2.25, Unit = "°C", Deadband = 0.01, Period = TimeSpan.FromMilliseconds(250), Writable = true, Description = "say \"hi\", then; go\nhome" },
                    new() { Id = Guid.NewGuid(), Name = "c", Address = "HR2", Description = "=HYPERLINK(\"http://x\")", Unit = "-cmd" },
                ],
            },
        ];
        foreach (var text in new[] { CanonicalCsv.Write(devices), CanonicalJson.Write(devices) })
        {
            var reading = TagFileReader.Read(Encoding.UTF8.GetBytes(text));
            Assert.Null(reading.Fault);
            Assert.Equal(devices[0].Tags, reading.Rows.Select(r => r.Fault is null ? r.Tag : throw new InvalidOperationException(r.Fault)));
            Assert.All(reading.Rows, r => Assert.Equal("press", r.Device));
        }

        Assert.DoesNotContain(",=", CanonicalCsv.Write(devices), StringComparison.Ordinal);
        Assert.DoesNotContain(",-cmd", CanonicalCsv.Write(devices), StringComparison.Ordinal);
    }

    private static IReadOnlyList<TagRow> Read(string format, string text)
    {
        var reading = TagFileReader.Read(Encoding.UTF8.GetBytes(text));
        Assert.Null(reading.Fault);
        Assert.Equal(format, reading.Format);
        return reading.Rows;
    }

    private static byte[] Spreadsheet(string table)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var sheet = new StreamWriter(archive.CreateEntry("xl/worksheets/sheet1.xml").Open());
            sheet.Write("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>");
            foreach (var (line, row) in table.TrimEnd().Split('\n').Index())
            {
                sheet.Write($"<row r=\"{line + 1}\">");
                foreach (var (index, cell) in row.Split(';').Index().Where(c => c.Item.Length > 0))
                {
                    sheet.Write($"<c r=\"{(char)('A' + index)}{line + 1}\" t=\"inlineStr\"><is><t>{System.Security.SecurityElement.Escape(cell)}</t></is></c>");
                }

                sheet.Write("</row>");
            }

            sheet.Write("</sheetData></worksheet>");
        }

        return stream.ToArray();
    }
}
