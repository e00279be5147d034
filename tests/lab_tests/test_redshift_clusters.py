"""Clusters of Redshift: one thing at a time, told late, and in XML that botocore reads."""

from __future__ import annotations

from typing import Any, ClassVar

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control
from lab_tests.test_unkind import eventually


class RedshiftClustersTest(LabTest):
    unkind: ClassVar[dict[str, float]] = {"throttle": 0, "lag": 0.3}

    def setUp(self) -> None:
        super().setUp()
        self.redshift = client("redshift")
        control("PUT", "provisioned", {"name": "reports", "nodes": 2})

    def told(self) -> dict[str, Any]:
        named = self.redshift.describe_clusters(ClusterIdentifier="reports")
        return named["Clusters"][0]

    def refused(self, code: str, ask: Any, **more: Any) -> None:
        with self.assertRaises(ClientError) as caught:
            ask(ClusterIdentifier=more.pop("name", "reports"), **more)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_a_pause_is_told_late_and_refuses_all_else(self) -> None:
        self.faults({"service": "redshift", "hold": 0.5, "operation": "PauseCluster"})
        paused = self.redshift.pause_cluster(ClusterIdentifier="reports")
        self.assertEqual(paused["Cluster"]["ClusterStatus"], "pausing")
        self.assertEqual(self.told()["ClusterStatus"], "available")
        for ask in (self.redshift.pause_cluster, self.redshift.resume_cluster):
            self.refused("InvalidClusterState", ask)
        eventually(lambda: self.told()["ClusterStatus"] == "pausing")
        eventually(lambda: self.told()["ClusterStatus"] == "paused")
        self.assertEqual(self.told()["ClusterAvailabilityStatus"], "Unavailable")
        self.refused("InvalidClusterState", self.redshift.pause_cluster)
        self.refused(
            "InvalidClusterState", self.redshift.resize_cluster, NumberOfNodes=4
        )
        self.redshift.resume_cluster(ClusterIdentifier="reports")
        eventually(lambda: self.told()["ClusterStatus"] == "available")

    def test_a_resize_gives_other_nodes(self) -> None:
        self.redshift.resize_cluster(
            ClusterIdentifier="reports", NumberOfNodes=4, NodeType="ra3.4xlarge"
        )
        eventually(lambda: self.told()["NumberOfNodes"] == 4)
        told = self.told()
        self.assertEqual(told["NodeType"], "ra3.4xlarge")
        self.assertEqual(told["ClusterStatus"], "available, resize-cleanup")
        self.refused(
            "InvalidParameterCombination",
            self.redshift.resize_cluster,
            NumberOfNodes=1,
        )

    def test_what_is_not_there_or_no_number_is_refused(self) -> None:
        self.refused("ClusterNotFound", self.redshift.describe_clusters, name="none")
        self.refused("ClusterNotFound", self.redshift.pause_cluster, name="none")
